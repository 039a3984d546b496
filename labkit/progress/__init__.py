"""Progress over all labs: which exercises a learner has solved, and which questions answered, kept on their disk.

`labkit.presence` says when anything is kept: in a learner's own kernel, and in no test or automatic run. `store` keeps
it in one private file, `course` knows what there is, `page` is the map that a learner sees, `receipt` is what a trainer
gets. No content of cells is kept, no answers, no keys.
"""

from __future__ import annotations

from .keeping import Keeper, progress
from .page import Page
from .receipt import Receipt, Verified, make_receipt, verify
from .store import Kept, NotKept, Store

__all__ = [
    "Keeper",
    "Kept",
    "NotKept",
    "Page",
    "Receipt",
    "Store",
    "Verified",
    "make_receipt",
    "progress",
    "verify",
]
