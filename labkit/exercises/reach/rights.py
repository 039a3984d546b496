"""What a task allows (`Right`), and what was found (`Access`), with the words for it. Plain facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...cloud.policy.patterns import glob
from .attested import in_words
from .callers import Caller
from .moment import NOW
from .things import Thing

Situation = Mapping[str, str | Sequence[str]]
"""The condition keys of a request, names as written."""

_PAIR = "kms:encryptioncontext:"


@dataclass(frozen=True, slots=True)
class Right:
    """A permission that a task asks for, or allows: these actions on these resources, in these cases.

    `actions` and `on` may hold patterns ("kms:GenerateDataKey*"). `where` has a condition key's values for which it
    holds, {"kms:ViaService": ("s3.us-east-1.amazonaws.com",)}; None among them means that the key may be absent. A
    request in which the key has another value, or none, is not covered.
    """

    actions: tuple[str, ...]
    on: tuple[str, ...] = ("*",)
    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    def is_about(self, action: str) -> bool:
        """Tell whether the action is among these, wherever."""
        return any(glob(each.lower(), action.lower()) for each in self.actions)

    def covers(self, access: Access) -> bool:
        """Tell whether what was found is within this right."""
        if not self.is_about(access.action):
            return False
        if not any(glob(arn, access.thing.arn) for arn in self.on):
            return False
        seen = {name.lower(): value for name, value in access.situation.items()}
        return all(_within(seen.get(name.lower()), wanted) for name, wanted in self.where.items())


def _within(seen: str | Sequence[str] | None, wanted: tuple[str | None, ...]) -> bool:
    if seen is None:
        return None in wanted
    return all(value in wanted for value in ([seen] if isinstance(seen, str) else seen))


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that somebody may do, in one situation; `in_force` is False if it is written down, and void today.

    `varied` has what was tried in several ways: "route", "context", "document", condition keys in lower case.
    """

    caller: Caller
    action: str
    thing: Thing
    situation: Situation
    varied: frozenset[str] = frozenset()
    in_force: bool = True

    @property
    def what(self) -> str:
        """Write the middle of a sentence: "kms:Decrypt on the key `pay`, through lambda.us-east-1.amazonaws.com"."""
        said = [each for each in (self.thing.words and f"on {self.thing.words}", self.how) if each]
        return ", ".join([" ".join([self.action, *said[:1]]), *said[1:]]) if self.thing.words else self._off()

    @property
    def how(self) -> str:
        """Put the situation in words, as far as it was varied: "directly", "with the encryption context box=7"."""
        document = in_words(self.situation) if "document" in self.varied else ""
        told = (self._route(), self._context(), document, *self._rest(), self.caller.later)
        return ", ".join(each for each in told if each)

    @property
    def told(self) -> str:
        """Write `what`, and that it is void today, if it is."""
        return self.what if self.in_force else f"{self.what} (written down, though it gives nothing today)"

    def __str__(self) -> str:
        """Who, and what: "the role Clerk: kms:Decrypt on the key `payroll`"."""
        return f"{self.caller.words}: {self.told}"

    def _off(self) -> str:
        return f"{self.action}, {self.how}" if self.how else self.action

    def _route(self) -> str:
        if "route" not in self.varied:
            return ""
        via = self.situation.get("kms:ViaService") or self.situation.get("aws:CalledViaLast")
        return f"through {via}" if via else "directly"

    def _context(self) -> str:
        if "context" not in self.varied:
            return ""
        pairs = {name[len(_PAIR) :]: value for name, value in self.situation.items() if name.lower().startswith(_PAIR)}
        if not pairs:
            return "without an encryption context"
        return "with the encryption context " + ", ".join(f"{name}={value}" for name, value in pairs.items())

    def _rest(self) -> list[str]:
        told = {name: value for name, value in self.situation.items() if name.lower() in self.varied}
        absent = self.varied - {"route", "context", "document"} - {name.lower() for name in told}
        return [
            *(
                f"with {name} {value if isinstance(value, str) else ' and '.join(value)}"
                for name, value in told.items()
            ),
            *dict.fromkeys(NOW.get(name, f"without {name}") for name in sorted(absent)),
        ]
