"""Logs to a table: find the files, read them whatever their form, count what was kept, keep a Parquet copy."""
