"""Systems Manager Parameter Store: parameters, SecureStrings under a key, and the rules for names and values."""
