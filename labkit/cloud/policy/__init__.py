"""Who may do what: policies read, held against a question, decided and explained.

Pure functions: no I/O, no clock, no account. Usable without a lab.
"""

from .decision import Decision, Layer, Reason, Way, decide
from .documents import Document, parse_document
from .question import Grant, GrantConstraints, NamedPolicy, Policies, Question
from .refusals import message, refusal

__all__ = [
    "Decision",
    "Document",
    "Grant",
    "GrantConstraints",
    "Layer",
    "NamedPolicy",
    "Policies",
    "Question",
    "Reason",
    "Way",
    "decide",
    "message",
    "parse_document",
    "refusal",
]
