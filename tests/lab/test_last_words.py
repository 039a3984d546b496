"""What the Encryption SDK's streams say as they are cleared away is left out, and nothing else."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.accounts.last_words import LeavesOut, leave_last_words_out

STREAM = "<aws_encryption_sdk.streaming_client.StreamDecryptor object at 0x7fcc84134550>"


class Stream:
    """Shown as the SDK's stream is."""

    def __repr__(self) -> str:
        return STREAM


SAID = {
    "a stream, in 3.13": (None, Stream(), 0),
    "a stream, in 3.14": (f"Exception ignored while finalizing file {STREAM}", None, 0),
    "another file": (None, object(), 1),
    "another file, in 3.14": ("Exception ignored while finalizing file <_io.FileIO [closed]>", None, 1),
}


@pytest.mark.parametrize(("words", "thing", "passed"), SAID.values(), ids=SAID)
def test_streams_alone_are_left_out(words: str | None, thing: Any, passed: int) -> None:
    """The hook before it hears of everything else."""
    heard: list[Any] = []
    LeavesOut(heard.append)(SimpleNamespace(err_msg=words, object=thing))
    assert len(heard) == passed


def test_outside_of_notebooks_the_hook_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook it is taken once, however many labs are started there."""

    def before(_: Any) -> None: ...

    monkeypatch.setattr(sys, "unraisablehook", before)
    leave_last_words_out()
    assert sys.unraisablehook is before
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=object))
    leave_last_words_out()
    taken = sys.unraisablehook
    leave_last_words_out()
    assert sys.unraisablehook is taken is not before
