"""EventBridge: which events reach a rule's targets, and the rules that run by the clock."""
