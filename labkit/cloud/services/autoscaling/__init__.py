"""EC2 Auto Scaling: instances that it launches as its service-linked role, and what becomes of their volumes."""
