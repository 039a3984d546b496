"""Keys that are watched: rotated or replaced when they are too old, and somebody is told when one is in trouble.

`rotator` is the Lambda function, a file that stands alone. `ground` makes the trail that events come from. `deploy`
puts function and alarms into an account. `rules` has the policies. Plain boto3: it runs on any account
(`python -m key_watch --help`).
"""

from .deploy import Watch
from .rotator import act, age_in_days

__all__ = ["Watch", "act", "age_in_days"]
