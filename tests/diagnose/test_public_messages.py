"""What people paste into public threads: the right cause for nine of ten at least, and "don't know" for the rest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from labkit import diagnose
from labkit.diagnose.diagnosis import UNKNOWN
from labkit.diagnose.rules import LAYERS, rules

HERE = Path(__file__).parent
SEEN = tomllib.loads((HERE / "public_messages.toml").read_text(encoding="utf-8"))["message"]
ASIDE = tomllib.loads((HERE / "kept_aside.toml").read_text(encoding="utf-8"))["message"]
IDS = {rule.id: rule for rule in rules()}


def test_there_are_enough_and_each_has_its_address() -> None:
    """Eighty, and twenty more that were put aside; judged by rules and layers that there are."""
    assert len(SEEN) >= 80
    assert len(ASIDE) >= 20
    for row in SEEN + ASIDE:
        assert row["source"].startswith("https://")
        assert row["layer"] == (IDS[row["rule"]].layer if row["rule"] else UNKNOWN), row["source"]


def test_nobody_is_named() -> None:
    """Accounts are the examples' own, or crossed out; no address of a person, no key of a person."""
    for row in SEEN + ASIDE:
        assert set(re.findall(r"\b\d{12}\b", row["text"])) <= {"111122223333"}, row["source"]
        assert set(re.findall(r"[\w.]+@[\w.]+\.\w+", row["text"])) <= {"me@example.com"}, row["source"]
        assert re.search(r"(AKIA|ASIA)[A-Z0-9]{12}", row["text"]) is None


def test_nine_of_ten_are_known_and_none_is_wrong() -> None:
    """The cause that was worked out by hand, or "don't know"; never another."""
    found = [(row, diagnose(row["text"])) for row in SEEN + ASIDE]
    wrong = [(row["source"], told.rule) for row, told in found if told.is_known and told.rule != row["rule"]]
    assert wrong == []
    with_an_answer = [(row, told) for row, told in found if row["rule"]]
    assert sum(told.rule == row["rule"] for row, told in with_an_answer) >= 0.9 * len(with_an_answer)


def test_the_first_try_is_told_as_it_was() -> None:
    """How the rules did with what they had not seen: 38 of 50 right, 11 "don't know", one vaguer, none wrong."""
    told = [row["first"] for row in ASIDE]
    assert {each: told.count(each) for each in set(told)} == {"right": 38, "don't know": 11, "vaguer": 1}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_is_whole(rule: Any) -> None:
    """A layer that there is, sources with addresses, small letters in what is looked for, and whole sentences."""
    assert rule.layer in LAYERS
    assert rule.sources
    assert all(": https://" in each for each in rule.sources)
    pieces = (*rule.all, *rule.any, *rule.none)
    assert [each for each in pieces if each != each.lower()] == []
    assert rule.cause.endswith(".")
    assert rule.all or rule.any or rule.codes


def test_rules_have_names_of_their_own() -> None:
    """No two are called the same."""
    assert len(IDS) == len(rules())


@pytest.mark.parametrize(
    "text",
    [
        "googleapi: Error 403: Permission 'cloudkms.cryptoKeyVersions.useToDecrypt' denied, forbidden",
        "azure key vault: Forbidden: caller is not authorized to perform action on resource",
        "java.lang.UnsupportedOperationException at com.example.kms.Client.get(Client.java:1)",
        "An error occurred (ResourceNotFoundException) when calling the GetFunction operation: Function not found",
        "An error occurred (AccessDeniedException) when calling the Query operation:",
        "Access denied for user 'root'@'localhost' (using password: YES)",
        "Segmentation fault (core dumped)",
        "",
        "   \n\t ",
        "kms",
        "everything works",
    ],
)
def test_what_is_no_error_of_kms_is_not_known(text: str) -> None:
    """Nothing is guessed."""
    told = diagnose(text)
    assert (told.is_known, told.layer, told.sources) == (False, UNKNOWN, ())
    assert told.cause.startswith("Don't know")
