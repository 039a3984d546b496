"""What the account remembers of answered calls, so that it can say afterwards why each was allowed or refused.

What policies were asked, and errors' texts: no parameters and no answers, which may hold plaintext and credentials.
"""

from __future__ import annotations

from typing import Any

from ..core.call import Call
from .authorize import Judged, explanation

KEPT = 5000  # calls; the oldest are forgotten first, so that a long-running account does not grow without end


class Explanations:
    """The last `KEPT` calls by request id."""

    def __init__(self) -> None:
        self._judged: dict[str, Judged] = {}

    def keep(self, call: Call) -> None:
        """Remember what a call's decision was made of."""
        self._judged[call.request_id] = Judged.of(call)
        if len(self._judged) > KEPT:
            del self._judged[next(iter(self._judged))]

    def forget(self, account: str) -> None:
        """Forget the calls of this account's principals."""
        theirs = [
            name for name, each in self._judged.items() if each.asked and each.asked[0].principal.account == account
        ]
        for name in theirs:
            del self._judged[name]

    def of(self, request_id: str) -> dict[str, Any]:
        """Tell why a call was allowed or refused; ValueError where the call is not known (any more)."""
        judged = self._judged.get(request_id)
        if judged is None:
            raise ValueError(
                f"The account knows no call with the request id {request_id!r}: it was answered elsewhere, "
                f"or more than {KEPT} calls ago."
            )
        return explanation(judged)
