"""What `labkit serve` says of permissions: at its start, and when soft mode begins and ends."""

from __future__ import annotations

import argparse

import pytest

from labkit.cloud.authorization.soft_mode import BEGUN, ENDED
from labkit.cloud.doors.front import Front
from labkit.cloud.wire.protocols import HttpRequest
from labkit.commands import serve


def test_it_says_that_permissions_are_decided_and_when_they_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence in what is copied; one line on standard error at each change of soft mode, and none without one."""
    asked = argparse.Namespace(seed="says", region="us-east-1", accounts=1, clock=serve.LAB, late=None, xks=[])
    front = Front(serve.begin(asked, ""), lambda token: serve.begin(asked, token))
    lines = serve.as_exports(front.endpoint, "us-east-1", front.cloud).splitlines()
    said = [line for line in lines if "ermissions" in line]
    assert said == ["# Permissions are always decided, as AWS decides them; nothing has to be switched on."]

    def soft_mode(state: str) -> None:
        headers = {"host": "127.0.0.1", "x-labkit-control": front.cloud.control_token}
        body = b'{"on": %s}' % state.encode()
        assert front.answer(HttpRequest("POST", "/_labkit/soft-mode", "", headers, body)).status == 200

    for state, told in (("false", ""), ("true", BEGUN), ("true", ""), ("false", ENDED)):
        soft_mode(state)
        assert capsys.readouterr().err == (f"{told}\n" if told else "")
    begin_again = front.cloud.begin_again
    assert begin_again is not None
    begin_again()
    soft_mode("true")
    assert capsys.readouterr().err == f"{BEGUN}\n"  # of the fresh cloud, too
