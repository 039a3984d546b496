"""The services round KMS: our own STS, and the wraps that make moto's services use keys as AWS does."""
