"""`lab.explain(refused)`: the account's own account of a refusal, shown in a notebook. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a call was allowed or refused: `text`, `html` (escaped) and `data` (plain lists and dicts)."""

    text: str
    html: str
    data: Mapping[str, Any]

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def explanation_of(answer: Mapping[str, Any]) -> Explained:
    """The control request's answer as an object that shows itself."""
    return Explained(answer["text"], answer["html"], answer["data"])
