"""What may somebody do, with what, under which conditions, and who else: the question behind "this and no more".

The decision of `labkit.cloud.policy` is asked over everything: all KMS actions of botocore's model, all algorithms of
a key, every principal that the documents name and some that they don't, every key and alias of the account. The
documents are read once, through `lab.observer`; nothing is called, and no trace is left.

`Reach(lab)` answers; a task's permissions are `Right`s; what was found is an `Access`, with words.
"""

from __future__ import annotations

from ..engine import CannotJudge
from .callers import Caller, with_every_policy, without_policies
from .question import Reach
from .rights import Access, Right
from .things import Thing

__all__ = ["Access", "Caller", "CannotJudge", "Reach", "Right", "Thing", "with_every_policy", "without_policies"]
