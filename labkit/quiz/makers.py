"""The makers of questions, by the name that quiz.toml uses: `made = "account"`.

What a maker draws follows from the lab's name and the question's id, so the same account gives the same question.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from botocore.exceptions import ClientError

from ..errors import LabError
from ..exercises.engine import CannotJudge, LabView
from .from_account import question_about_account
from .from_documents import question_about_documents
from .from_keys import question_about_state, question_about_usage
from .questions import Entry, Question

Maker = Callable[[Entry, LabView, random.Random], Question]


def _account(entry: Entry, lab: LabView, rng: random.Random) -> Question:
    """Ask about the account; where it has no role and key to ask about, about documents."""
    try:
        found = question_about_account(entry, lab, rng)
    except (CannotJudge, ClientError, LabError):  # an account that can't be read is no reason to have no quiz
        found = None
    return found or question_about_documents(entry, rng)


MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "account": _account,
        "documents": lambda entry, _lab, rng: question_about_documents(entry, rng),
        "state": lambda entry, _lab, rng: question_about_state(entry, rng),
        "usage": lambda entry, _lab, rng: question_about_usage(entry, rng),
    }
)


def made(entry: Entry, lab: LabView) -> Question:
    """Make the question of an entry in quiz.toml that names a maker."""
    seed = os.environ.get("LABKIT_SEED") or lab.name
    rng = random.Random() if seed == "random" else random.Random(f"{seed}/{entry.id}")  # noqa: S311  no secrets here
    return MAKERS[entry.maker](entry, lab, rng)
