"""EBS volumes and snapshots: which key each is under, and what EC2 asks of KMS for them."""
