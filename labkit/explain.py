"""`lab.explain(call)`: the account's own account of a decision, shown in a notebook. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from .accounts.behind import Behind
from .errors import LabError
from .expect import CLIENT_SIDE, ExpectedError

Refused: TypeAlias = ExpectedError | ClientError | Mapping[str, Any] | str
"""What `expect_error` caught, boto3's own exception, an answer of boto3, or a request id."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a call was allowed or refused: `text`, `html` (escaped) and `data` (plain lists and dicts)."""

    text: str
    html: str
    data: Mapping[str, Any]

    @property
    def changes(self) -> tuple[str, ...]:
        """The smallest changes that would allow a refused call, each tried before it is shown."""
        return tuple("; and ".join(step["say"] for step in change) for change in self.data.get("changes", ()))

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def explanation_of(call: Refused, remote: Behind) -> Explained:
    """Ask the account about the call. LabError where it is none that the account has answered."""
    if isinstance(call, ExpectedError) and call.code == CLIENT_SIDE:
        text = f"boto3 itself refused this, before anything was sent: no policy was asked.\n{call.message}"
        return Explained(text, f"<pre>{escape(text)}</pre>", {"allowed": None})
    request_id = request_id_of(call)
    if not request_id:
        raise LabError("There is nothing to explain yet: the call has not been answered (no request id).")
    answer = remote.get("explanation", request_id=request_id)
    return Explained(answer["text"], answer["html"], answer["data"])


def request_id_of(call: Refused) -> str:
    """Find the request id of a call; empty where there is none."""
    if isinstance(call, str):
        return call
    if isinstance(call, ExpectedError):
        return call.request_id
    if isinstance(call, ClientError):
        call = call.response
    if isinstance(call, Mapping):
        return str(call.get("ResponseMetadata", {}).get("RequestId", ""))
    raise LabError(
        "lab.explain takes what labkit.expect_error caught, boto3's exception or answer, or a request id, "
        f"not {type(call).__name__}."
    )
