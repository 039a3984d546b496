"""The situations in which a permission may count: what conditions and grants ask about, each in several ways.

Pure. For each condition key that a document mentions: the values written, other ones, and its absence; calls that come
directly and through each service; encryption contexts with and without the pairs that somebody wrote.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import ceil, floor, isfinite

from ...cloud.policy import condition_keys
from ...cloud.policy.documents import Condition
from ...cloud.policy.patterns import expand, literal
from ...cloud.policy.question import GrantConstraints
from ..engine import CannotJudge
from .actions import ALWAYS, BOUNDS, CHOICES
from .attested import ATTESTED, documents

Values = Sequence[str | tuple[str, ...] | None]
Options = list[dict[str, str | Sequence[str]]]

MOST = 6000  # situations of one permission: beyond, a check says that it cannot judge
OTHER = "something-else"
# Some of the services that call KMS for somebody ("kms:ViaService", KMS Developer Guide).
SERVICES = (
    "s3", "lambda", "secretsmanager", "ssm", "dynamodb", "ec2", "rds", "sns", "sqs", "kinesis", "elasticfilesystem",
    "backup",
)  # fmt: skip
_VIA = ("kms:viaservice", "aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
_PAIR = "kms:encryptioncontext:"
_NAMES = "kms:encryptioncontextkeys"
# What follows from the caller or the resource, and so cannot be chosen.
_GIVEN = (
    "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principaltype", "aws:userid",
    "aws:username", "aws:principalservicename", "aws:principalservicenameslist", "kms:calleraccount",
    "aws:resourceaccount", "aws:principalorgid", "aws:principalorgpaths", "kms:keyspec", "kms:keyusage",
    "kms:keyorigin", "kms:customermasterkeyspec", "kms:customermasterkeyusage", "kms:multiregion",
    "kms:multiregionkeytype", "kms:resourcealiases", "aws:resourceorgid", "aws:resourceorgpaths",
    "aws:requestedregion", "aws:securetransport",
)  # fmt: skip
_GIVEN_BEGINNINGS = ("aws:principaltag/", "aws:resourcetag/", "iam:resourcetag/")


class Mentioned:
    """What the conditions and constraints of one permission ask about, and what a task's rights do."""

    def __init__(
        self, action: str, region: str, algorithms: Mapping[str, tuple[str, ...]], given: Container[str] = ()
    ) -> None:
        self._action = action
        self._given = given  # condition keys, in lower case, that follow from the caller or the resource
        self._region = region
        self._algorithms = algorithms
        self._values: dict[str, tuple[str, list[str | None]]] = {}  # by name in lower case: as written, values
        self._pairs: dict[str, list[str]] = {}
        self._names: set[str] = set()
        self._attested: dict[str, list[str]] = {}  # registers of attestation documents, by name in lower case
        self._by_route = False
        self._by_context = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing depends on the situation."""
        return not (self._values or self._by_route or self._by_context or self._attested)

    @property
    def varied(self) -> frozenset[str]:
        """List what is tried in several ways: "route", "context", "document", and condition keys in lower case."""
        bundles = {"route"} if self._by_route else set()
        single = self._values.keys() - {"kms:viaservice"}
        bundles |= {"document"} if self._attested else set()
        return frozenset(bundles | ({"context"} if self._by_context else set()) | single)

    def add_condition(self, condition: Condition, values: Mapping[str, tuple[str, ...]]) -> None:
        """Take in one condition; `values` are what is known of the request, for policy variables."""
        written = [expand(each, values) for each in condition.values]
        plain = [made_plain(each) for each in written if each is not None]
        if condition.key.lower() == "kms:viaservice":  # a pattern matches those of the services that it matches
            plain = [each for each in condition.values if not {*"*?"} & {*each.partition(".")[0]}]
        if "IgnoreCase" in condition.base:
            plain += [each.swapcase() for each in plain]
        self.add(condition.key, [] if condition.base in ("Null", "Bool") else plain, condition.base)

    def add_constraints(self, constraints: GrantConstraints) -> None:
        """Take in the constraints of a grant."""
        for pairs in (constraints.encryption_context_equals, constraints.encryption_context_subset):
            for name, value in (pairs or {}).items():
                self.add(f"kms:EncryptionContext:{name}", [value])
        if constraints.encryption_context_equals is not None:
            self._by_context = True
        if constraints.source_arn:
            self.add("aws:SourceArn", [constraints.source_arn])

    def add(self, name: str, written: Iterable[str | None], operator: str = "") -> None:
        """Take in a condition key, and values for it (None: it may be absent)."""
        lowered, values = name.lower(), list(written)
        if lowered in _GIVEN or lowered in self._given or lowered.startswith(_GIVEN_BEGINNINGS):
            return
        if lowered.startswith("kms:") and not condition_keys.supported(name, self._action):
            return
        if lowered in _VIA:
            self._by_route = True
            if lowered == "kms:viaservice":
                self._services(values)
        elif lowered.startswith(_PAIR):
            self._by_context = True
            self._pairs.setdefault(name[len(_PAIR) :], []).extend(each for each in values if each)
        elif lowered.startswith(ATTESTED):
            self._attested.setdefault(lowered, []).extend(each for each in values if each)
        elif lowered == _NAMES:
            self._by_context = True
            self._names |= {each for each in values if each}
        else:
            kept = self._values.setdefault(lowered, (name, []))[1]
            kept += [each for value in values for each in neighbours(value, operator)]

    def _services(self, values: list[str | None]) -> None:
        kept = self._values.setdefault("kms:viaservice", ("kms:ViaService", []))[1]
        kept += [each for each in values if each]

    def situations(self) -> Iterator[dict[str, str | Sequence[str]]]:
        """Make each situation that is to be tried, as condition keys."""
        bundles: list[Options] = []
        values = dict(self._values)
        _, services = values.pop("kms:viaservice", ("", []))
        if self._by_route:
            bundles.append(list(self._routes(services)))
        if self._by_context:
            bundles.append(list(self._contexts()))
        if self._attested:
            bundles.append(list(documents(self._attested)))
        for name, written in values.values():
            bundles.append([{} if each is None else {name: each} for each in self._choices(name, written)])
        number = 1
        for bundle in bundles:
            number *= len(bundle)
        if number > MOST:
            asked = ", ".join(sorted(self.varied))
            raise CannotJudge(f"too many cases of {self._action} depend on {asked}")
        defaults = self.defaults()
        for chosen in product(*bundles):
            situation = dict(defaults)
            for each in chosen:
                situation |= each
            yield situation

    def defaults(self) -> dict[str, str | Sequence[str]]:
        """Make what a request for this action always carries."""
        found: dict[str, str | Sequence[str]] = {}
        for name, default in ALWAYS.get(self._action, {}).items():
            value = default or next(iter(self._algorithms.get(name.lower(), ())), "")
            if value:
                found[name] = [value] if _has_many(name) else value
        return found

    def _routes(self, written: Iterable[str | None]) -> Iterator[dict[str, str | Sequence[str]]]:
        yield {}
        named = {value.partition(".")[0] for value in written if value}
        for service in (*SERVICES, *sorted(named - {*SERVICES})):  # the Region is the key's own: others do not occur
            yield through(service, self._region)

    def _contexts(self) -> Iterator[dict[str, str | Sequence[str]]]:
        names = sorted({*self._pairs, *self._names})
        choices = [[None, *sorted({*self._pairs.get(name, []), OTHER})] for name in names]
        number = 1
        for choice in choices:
            number *= len(choice)
        if number > MOST:
            raise CannotJudge(f"{self._action} depends on too many pairs of the encryption context: {', '.join(names)}")
        for chosen in product(*choices):
            pairs = {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
            yield in_context(pairs)
            yield in_context(pairs | {"another": "pair"})

    def _choices(self, name: str, written: list[str | None]) -> list[str | tuple[str, ...] | None]:
        lowered = name.lower()
        always = any(name.lower() == each.lower() for each in ALWAYS.get(self._action, {}))
        known = condition_keys.lookup(name)
        kind = known.type if known else "String"
        values = [each for each in written if each is not None]
        if lowered in self._algorithms:
            values = list(self._algorithms[lowered])
        elif lowered in CHOICES:
            values = list(CHOICES[lowered])
        elif kind == "Bool" or lowered in ("aws:multifactorauthpresent",):
            values = ["true", "false"]
        elif kind == "Numeric":
            low, high = BOUNDS.get(lowered, (0, 10**6))
            whole = {low, high, *(each for value in values for each in _around(value))}
            values = [f"{each}" for each in sorted(whole) if low <= each <= high]
        elif lowered == "aws:sourceip":
            values = [*(each.partition("/")[0] for each in values), "198.51.100.7"]
        elif kind != "Date":
            values = [*values, OTHER]
        single = list(dict.fromkeys(values))
        if _has_many(name):
            together = tuple(dict.fromkeys(each for each in written if each))
            pairs = [tuple(single[:2])] if len(single) > 1 else []
            many: list[str | tuple[str, ...] | None] = [*((each,) for each in single), *pairs]
            many += [together, (*together, OTHER)] if len(together) > 1 and lowered not in CHOICES else []
            return many if always else [None, *many]
        return [*single] if always else [None, *single]


def _has_many(name: str) -> bool:
    known = condition_keys.lookup(name)
    return known is not None and known.many


def made_plain(written: str) -> str:
    """Return a value that a pattern matches: something in place of each star."""
    return literal(written.replace("*", "x").replace("?", "x"))


def neighbours(value: str | None, operator: str) -> list[str | None]:
    """Return a number, and the ones beside it; everything else as it is."""
    if operator.startswith("Numeric") and value and (whole := _around(value)):
        return [str(each) for each in range(min(whole) - 1, max(whole) + 2)]
    if operator.startswith("Date") and value:
        return [value, "2000-01-01T00:00:00Z", "2099-12-31T00:00:00Z"]
    return [value]


def _around(value: str) -> set[int]:
    """The whole numbers at and beside a number as conditions write it ("18.5"); none if it is no number."""
    try:
        number = float(value)
    except ValueError:
        return set()
    return {floor(number), ceil(number)} if isfinite(number) else set()


def through(service: str, region: str) -> dict[str, str | Sequence[str]]:
    """Make the condition keys of a call that a service ("s3") makes for somebody."""
    principal = f"{service}.amazonaws.com"
    return {
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
        "aws:ViaAWSService": "true",
        "aws:CalledVia": [principal],
        "aws:CalledViaFirst": principal,
        "aws:CalledViaLast": principal,
    }


def in_context(pairs: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
    """Make the condition keys of a call with this encryption context."""
    if not pairs:
        return {}
    found: dict[str, str | Sequence[str]] = {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
    return found | {"kms:EncryptionContextKeys": list(pairs)}
