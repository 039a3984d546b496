"""The audit, its table of controls, and its command."""
