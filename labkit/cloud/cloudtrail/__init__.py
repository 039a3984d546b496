"""CloudTrail: one event for every call, its history, and where it goes from there."""
