"""Who may do what: policies read, held against a question, decided and explained.

Pure functions: no I/O, no clock, no account. Usable without a lab.
"""

from .decision import decide
from .documents import Document, parse_document
from .explanation import Explanation, explain
from .lockout import lockout_check, lockout_error
from .outcome import Decision, Layer, Reason, Way
from .question import Grant, GrantConstraints, NamedPolicy, Policies, Question
from .refusals import message, refusal
from .simulation import simulate
from .steps import Change, Step
from .suggestions import suggest

__all__ = [
    "Change",
    "Decision",
    "Document",
    "Explanation",
    "Grant",
    "GrantConstraints",
    "Layer",
    "NamedPolicy",
    "Policies",
    "Question",
    "Reason",
    "Step",
    "Way",
    "decide",
    "explain",
    "lockout_check",
    "lockout_error",
    "message",
    "parse_document",
    "refusal",
    "simulate",
    "suggest",
]
