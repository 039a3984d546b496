"""Questions to a table of events: who used which key, what was unusual, what the detections find."""
