"""A real AWS account: who one is there, consent, guards, and what a lab can and can't do in it.

Everything that calls AWS goes by botocore's standard chain of settings. Nothing here logs, prints or stores
credentials.
"""
