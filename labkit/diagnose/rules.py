"""The table of known errors (rules/*.toml), and how a rule is found. Pure.

The first rule that fits is the answer, file by file in the order of FILES. So what a service quotes of KMS's words
stands before the service's own, and a message before its bare code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .diagnosis import Diagnosis
from .facts import principal
from .reading import Symptom

FILES = ("policies", "keys", "requests", "services", "client")

LAYERS = (
    "identity-based policy", "key policy", "grant", "session policy", "permissions boundary",
    "service control policy (SCP)", "resource control policy (RCP)", "VPC endpoint policy", "role trust policy",
    "resource-based policy", "other account", "permission, layer not told", "service on your behalf", "S3 or KMS",
    "key state", "request", "quota", "custom key store", "service", "credentials", "client (CLI or SDK)", "network",
)  # fmt: skip
"""Where a cause can lie: the layers of AWS's policy evaluation, and what is beside them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An error that is known. All its conditions must hold; one that is not given always does.

    `all`, `any` and `none` are pieces of text in small letters; `codes` are words, one of which is there; `action` is
    the beginning of the action that was refused. `kms`, `from_kms` and `s3` ask whether KMS is named, whether it is
    KMS's own answer, and whether an object of S3 was meant.
    """

    id: str
    layer: str
    cause: str
    mend: str
    sources: tuple[str, ...]
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    action: str = ""
    kms: bool = False
    from_kms: bool = False
    s3: bool = False

    def fits(self, symptom: Symptom) -> bool:
        """Tell whether all conditions hold."""
        if self.codes and not any_word(self.codes, symptom):
            return False
        text = symptom.text
        if not all(each in text for each in self.all) or any(each in text for each in self.none):
            return False
        if self.any and not any(each in text for each in self.any):
            return False
        if not symptom.facts.get("action", "kms:" if "perform: kms:" in text else "").startswith(self.action):
            return False
        if self.kms and not symptom.is_about_kms:
            return False
        if self.from_kms and not symptom.is_from_kms:
            return False
        return not self.s3 or symptom.is_about_objects

    def told(self, symptom: Symptom) -> Diagnosis:
        """Put the rule into words for this error."""
        names = _names(symptom.facts)
        return Diagnosis(self.cause.format(**names), self.layer, self.mend.format(**names), self.sources, rule=self.id)


def any_word(codes: tuple[str, ...], symptom: Symptom) -> bool:
    """Tell whether one of the codes is a word of the text."""
    return any(code.lower() in symptom.words for code in codes)


def first_that_fits(symptom: Symptom) -> Rule | None:
    """Find the rule that knows an error; None if none does."""
    if symptom.is_elsewhere:
        return None
    return next((rule for rule in rules() if rule.fits(symptom)), None)


@cache
def rules() -> tuple[Rule, ...]:
    """Read the table, in the order in which it is asked."""
    pages = _file("sources")["sources"]
    return tuple(_rule(row, pages) for name in FILES for row in _file(name)["rule"])


def _file(name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath("rules", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _rule(row: Mapping[str, Any], pages: Mapping[str, str]) -> Rule:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    given["sources"] = tuple(pages[name] for name in row["sources"])
    return Rule(**given)


def _names(facts: Mapping[str, str]) -> dict[str, str]:
    """What a rule's words may name."""
    who = principal(facts.get("who", ""))
    key = f"the key {facts['key']}" if "key" in facts else "the key"
    policy = f" ({facts['policy']})" if "policy" in facts else ""
    action = facts.get("action", "the action")
    return {"who": who, "Who": _capital(who), "key": key, "Key": _capital(key), "policy": policy, "action": action}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
