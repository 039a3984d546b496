"""DynamoDB: table encryption that really needs its KMS key."""
