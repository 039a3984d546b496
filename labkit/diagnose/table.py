"""Several errors side by side, for lessons: provoked one by one, and shown as a table of what `diagnose` says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from . import diagnose

if TYPE_CHECKING:
    import pandas

_TIME = re.compile(r"\b\d{8}T\d{6}Z\b")
LONGEST = 90  # characters of a message that are shown


def tried(call: Callable[..., Any], **parameters: Any) -> ClientError | BotoCoreError:
    """Return the error of a call that must be refused; AssertionError if it is not."""
    try:
        call(**parameters)
    except (ClientError, BotoCoreError) as error:
        return error
    raise AssertionError("Nothing was refused.")


def table(errors: Mapping[str, ClientError | BotoCoreError]) -> pandas.DataFrame:
    """Make a table with a row an error: its code, the layer that `diagnose` finds, and the message's last words."""
    import pandas  # loaded when it is needed

    rows = [(why, _code(error), diagnose(error).layer, _said(error)) for why, error in errors.items()]
    return pandas.DataFrame(rows, columns=["provoked by", "code", "layer", "last words"]).set_index("provoked by")


def _code(error: Exception) -> str:
    """The error's Code; of an error that is botocore's own, its class."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def _said(error: Exception) -> str:
    """The end of a message: from the reason on, if it gives one, else its last words."""
    message = error.response["Error"].get("Message", "") if isinstance(error, ClientError) else str(error)
    text = " ".join(str(message).split())
    if _TIME.search(text):  # of this machine, and so another one at each run
        return f"{text.partition(':')[0]}: …"
    reason = max(text.rfind(" because "), text.rfind(" with an explicit deny "))
    if reason >= 0:
        text = text[reason + 1 :]
        return f"… {text}" if len(text) <= LONGEST else f"… {text[:LONGEST]}…"
    if len(text) <= LONGEST:
        return text
    return "… " + (text[-LONGEST:].partition(" ")[2] or text[-LONGEST:])
