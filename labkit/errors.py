"""What goes wrong with a lab itself (not with a call in it), in the learner's words.

LabError
"""


class LabError(Exception):
    """The lab can't do what was asked; the message says why and how to mend it."""
