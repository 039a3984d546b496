"""What a CloudTrail record is: its fields, the table's columns, the caller, and the words that questions share."""
