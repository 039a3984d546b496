"""What every room of the cloud stands on: a call, the clock, the entropy, the one exception, KMS's operations.

Imports nothing of the cloud.
"""
