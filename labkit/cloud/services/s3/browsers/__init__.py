"""What a browser sends to S3 by a form: the policy that comes with it, and the answers it gets."""
