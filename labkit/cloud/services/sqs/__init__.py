"""SQS: queues, and messages under KMS keys."""
