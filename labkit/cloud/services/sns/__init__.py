"""SNS: topics, whom their messages reach, and messages under KMS keys."""
