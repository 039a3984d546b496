"""Secrets Manager: secrets under a key, their versions and rotation."""
