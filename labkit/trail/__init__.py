"""Reading CloudTrail events as tables."""
