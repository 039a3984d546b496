"""Lambda: functions that really run, their encrypted variables, their logs."""
