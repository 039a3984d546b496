"""AWS CloudFormation for stacks of KMS keys, aliases and replica keys.

template.py     a template's text as data        functions.py   what its functions stand for
resources.py    what KMS is asked                stacks.py      a stack, its resources and events
deployment.py   creating, updating, deleting     change_sets.py what would change
service.py      the operations
"""
