"""CloudWatch and CloudWatch Logs: metrics, alarms, log groups and their filters."""
