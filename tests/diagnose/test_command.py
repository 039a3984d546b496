"""`labkit diagnose`: arguments or standard input, text or JSON of four names."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkit import cli

DISABLED = "An error occurred (DisabledException) when calling the Encrypt operation: it is disabled."
RECORD = {"eventSource": "kms.amazonaws.com", "eventName": "Encrypt", "errorCode": "DisabledException"}


class Input:
    """A standard input that holds bytes."""

    def __init__(self, given: bytes, terminal: bool = False) -> None:
        self.buffer = io.BytesIO(given)
        self.isatty = lambda: terminal


def test_json_has_the_four_names(capsys: pytest.CaptureFixture[str]) -> None:
    """One line of it."""
    assert cli.main(["diagnose", "--json", DISABLED]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["cause", "layer", "mend", "sources"]
    assert told["layer"] == "key state"
    assert all(isinstance(each, str) for each in told["sources"])


def test_words_need_no_quotation_marks(capsys: pytest.CaptureFixture[str]) -> None:
    """As one pastes."""
    assert cli.main(["diagnose", *DISABLED.split()]) == 0
    assert "Layer:   key state" in capsys.readouterr().out


@pytest.mark.parametrize("given", [DISABLED.encode(), json.dumps(RECORD).encode(), b"\xff\x00" + DISABLED.encode()])
def test_standard_input_is_read(
    given: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message, a record, a file with bytes that are no text."""
    monkeypatch.setattr(sys, "stdin", Input(given))
    assert cli.main(["diagnose", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layer"] == "key state"


def test_an_unknown_error_is_an_answer_too(capsys: pytest.CaptureFixture[str]) -> None:
    """It says that it does not know."""
    assert cli.main(["diagnose", "--json", "the printer is on fire"]) == 0
    assert json.loads(capsys.readouterr().out)["cause"].startswith("Don't know")


@pytest.mark.parametrize(("given", "terminal"), [(b"", False), (b" \n", False), (b"", True)])
def test_without_a_message_it_says_how(
    given: bytes, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And does not wait for one at a terminal."""
    monkeypatch.setattr(sys, "stdin", Input(given, terminal))
    assert cli.main(["diagnose"]) == 2
    assert "standard input" in capsys.readouterr().err


def test_as_a_process(checkout: Path) -> None:
    """From a pipe."""
    run = [sys.executable, "-m", "labkit.cli", "diagnose", "--json"]
    done = subprocess.run(run, input=DISABLED.encode(), capture_output=True, cwd=checkout, timeout=60, check=True)
    assert json.loads(done.stdout)["layer"] == "key state"
