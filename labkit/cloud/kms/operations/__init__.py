"""What each KMS operation does: one file for each API family, always validate, load a usable key, act, answer."""
