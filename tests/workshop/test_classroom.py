"""What a kernel tells the class, without a hub: only after consent, only names, and never at the cost of a lab."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.classroom import CLASS, Classroom
from labkit.classroom.watching import name_of

TOKEN = "JUPYTERHUB_API_TOKEN"
AGREED = {CLASS: "http://127.0.0.1:1/services/class/", TOKEN: "abc", "LABKIT_PROGRESS": "on"}


@pytest.mark.parametrize(
    "changed",
    [
        {CLASS: ""},
        {CLASS: "off"},
        {CLASS: "file:///etc/passwd/"},
        {CLASS: "http://trainer@elsewhere/"},
        {TOKEN: ""},
        {"LABKIT_PROGRESS": "off"},
        {"LABKIT_PROGRESS": "", "CI": "true"},
    ],
    ids=str,
)
def test_nothing_is_told_without_consent_and_a_hub(changed: dict[str, str]) -> None:
    """The address comes from the hub after the learner has agreed; a program that runs a notebook tells nothing."""
    assert Classroom.found(AGREED)
    assert Classroom.found(AGREED | changed) is None


def test_the_token_stands_in_no_text() -> None:
    """It opens the learner's server."""
    assert "abc" not in repr(Classroom.found(AGREED))


def test_an_error_is_told_by_its_name_alone() -> None:
    """The message may hold what the learner wrote."""
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "secret"}}, "Decrypt")
    assert name_of(refused) == "AccessDeniedException from Decrypt"
    assert name_of(ValueError("secret")) == "ValueError"


@pytest.fixture
def page() -> Iterator[tuple[str, list[Any]]]:
    """A page that answers with nonsense; its address, and what it has heard."""
    heard: list[Any] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"paused": "x", "hints": 7, "resets": [1, null]}')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", heard
    server.shutdown()
    server.server_close()


def test_start_and_checks_are_told_and_a_strange_answer_disturbs_nothing(
    page: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    """What was not attempted is not told; the first output says what is. Of a quiz, letters are, and no words."""
    address, heard = page
    for name, value in (AGREED | {CLASS: address, "LABKIT_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    lab = labkit.start("03-encrypt-and-decrypt")
    assert "You agreed that your trainer sees your progress" in capsys.readouterr().out
    lab.exercise("name-the-error").check()
    lab.exercise("sealed-for-invoices").check()
    assert heard == [{"kind": "start", "lab": "03-encrypt-and-decrypt"}]
    heard.clear()
    quiz = lab.quiz()
    for number, choice in ((1, "a"), (1, "b"), (1, "no letter of it"), (99, "a"), (7, "a")):
        quiz.answer(number, choice)
    quiz.quiz.graded(7, "abcd")
    versions = [question.version for question in quiz.quiz.questions]
    told = [(each["item"], each["status"], each["choice"], each["version"]) for each in heard]
    first = [("copied-row", "not right", "a", versions[0]), ("copied-row", "right", "b", versions[0])]
    assert told[:2] == first
    assert [each[0] for each in told[2:]] == ["key-state"] * 2
    assert {each[2:] for each in told[2:]} == {("", versions[6])}  # its letters are this account's own
    assert {tuple(sorted(each)) for each in heard} == {("choice", "item", "kind", "lab", "status", "version")}
    monkeypatch.setenv(CLASS, "off")
    quiz.answer(2, "a")
    assert len(heard) == 4


def test_a_page_that_is_gone_disturbs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab begins as without it."""
    for name, value in AGREED.items():
        monkeypatch.setenv(name, value)
    assert labkit.start("03-encrypt-and-decrypt").name == "03-encrypt-and-decrypt"
