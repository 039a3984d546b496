"""The way of every call: one list of steps, the same for both doors and every service.

`pipeline` has the list. Knows no service: the assembly hands it KMS, the recorder and what happens by the clock.
"""
