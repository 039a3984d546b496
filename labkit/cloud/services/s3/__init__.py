"""S3: server-side encryption, bucket keys, and what S3 asks of KMS for each object."""
