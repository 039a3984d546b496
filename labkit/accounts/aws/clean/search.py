"""What of the account is the run's: by the ledger where there is one, by names and tags where there is none.

A tag can be copied, by a person or by AWS itself, and a name can be written by anybody. With a ledger, a thing is the
run's only if a row of the ledger is about it. Without one, a name must carry the run's id, and a thing without a name
must carry both tags of the run, for its own kind, and be the only one with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from ..hooks.recorder import BY_ROLE
from ..ledger import Entry
from .account import GLOBAL, KINDS, Account, in_words, is_off
from .thing import Kind, Marks, Thing
from .trail import made_by_roles

_NAMELESS = frozenset({"key", "grant", "instance", "volume", "snapshot", "image"})
# Things that the making of another thing makes: they carry its tag, and go with it.
_COMPANIONS = frozenset({("instance", "volume"), ("image", "snapshot")})
_UNSETTLED = frozenset({"writing", "unknown"})


@dataclass(slots=True)
class Found:
    """What was found: the run's things in the order of deletion, others with its marks, and what could not be read."""

    things: list[Thing] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    companions: list[Thing] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Search:
    """A run's own search. `entries` is None without a ledger."""

    account: Account
    run_id: str
    account_id: str
    region: str
    entries: Sequence[Entry] | None

    def look(self) -> Found:
        """Ask the whole account, all Regions and all pages."""
        found = Found()
        regions = self.account.regions()
        tagged: dict[str, dict[str, str]] = {}
        thorough = {self.region}
        for region in dict.fromkeys((*regions, self.region, *(each.region for each in self.entries or ()))):
            try:
                tagged[region] = self.account.tagged(self.run_id, region)
            except (ClientError, BotoCoreError) as problem:
                if not is_off(problem):
                    found.unread.append(f"tags in {region} ({in_words(problem)})")
                    thorough.add(region)
                continue
            if tagged[region] or self.entries is None or any(each.region == region for each in self.entries):
                thorough.add(region)
        for kind in KINDS:
            for region in [GLOBAL] if kind.everywhere else sorted({*tagged, *thorough}):
                if kind.everywhere or kind.name == "alias" or region in thorough:
                    self._ask(kind, region, tagged.get(region, {}), found)
        self._strangers(tagged, found)
        found.things = self._without_copies(found)
        return found

    def again(self, things: Iterable[Thing]) -> list[Thing]:
        """Ask again for things that were taken away: those that are still there, as they are now."""
        wanted = {each.place: each for each in things}
        left = []
        for kind in KINDS:
            mine = [each for each in wanted.values() if each.kind == kind.name]
            for region in [GLOBAL] if kind.everywhere and mine else sorted({each.region for each in mine}):
                ids = frozenset(each.id for each in mine if kind.everywhere or each.region == region)
                try:
                    there = list(self.account.find(kind, region, self._marks(ids)))
                except (ClientError, BotoCoreError):
                    left += [each for each in mine if each.id in ids]  # nobody knows: it counts as there
                    continue
                left += [each for each in there if each.id in ids]
        return left

    # -----------------------------------------------------------------------------------------------------------------

    def _marks(self, ids: frozenset[str] = frozenset(), items: frozenset[str] = frozenset()) -> Marks:
        return Marks(self.run_id, self.account_id, ids, items)

    def _ask(self, kind: Kind, region: str, tagged: dict[str, str], found: Found) -> None:
        rows = [each for each in self.entries or () if each.kind == kind.name]
        rows = rows if kind.everywhere else [each for each in rows if each.region == region]
        items = frozenset(each.item for each in rows if each.state in _UNSETTLED and kind.name in _NAMELESS)
        items -= set(tagged.values())  # the others are looked for one by one
        try:
            by_roles = self._by_roles(kind, region, rows)
            ids = self._ids(kind, rows, tagged) | by_roles
            for thing in self.account.find(kind, region, self._marks(ids, items)):
                item = thing.item or next((tagged[arn] for arn in tagged if arn.endswith(f"/{thing.id}")), "")
                told = Thing(kind.name, thing.region, thing.id, item, thing.until, thing.going)
                if (item.partition(".")[0], kind.name) in _COMPANIONS:
                    found.companions.append(told)
                elif self._is_ours(kind, told, rows) or thing.id in by_roles:
                    found.things.append(told)
                else:
                    found.others.append(f"{told} carries the mark of this run, and this run did not make it")
        except (ClientError, BotoCoreError) as problem:
            if not is_off(problem):
                found.unread.append(f"{kind.name} in {region} ({in_words(problem)})")

    def _ids(self, kind: Kind, rows: Sequence[Entry], tagged: dict[str, str]) -> frozenset[str]:
        if kind.name == "grant":
            own = {one for each in self.entries or () if each.kind == "key" for one in each.identifiers}
            pairs = [(each.parent.rpartition("/")[2], each.parent, one) for each in rows for one in each.identifiers]
            return frozenset(f"{parent} {grant}" for key, parent, grant in pairs if parent and key not in own)
        ids = {one for each in rows for one in each.identifiers}
        if kind.name == "key":
            ids |= {arn.rpartition("/")[2] for arn in tagged if ":kms:" in arn and ":key/" in arn}
        return frozenset(ids)

    def _by_roles(self, kind: Kind, region: str, rows: Sequence[Entry]) -> frozenset[str]:
        """List what roles of the run made, by CloudTrail, if a row of theirs was never settled."""
        if kind.service != "ec2":
            return frozenset()
        open_rows = {each.operation for each in rows if each.state in _UNSETTLED and BY_ROLE in each.item}
        told = self.account.client("cloudtrail", region) if open_rows else None
        return frozenset(
            one for each in sorted(open_rows) for one in made_by_roles(told, kind.service, each, self._marks())
        )

    def _is_ours(self, kind: Kind, thing: Thing, rows: Sequence[Entry]) -> bool:
        if self.entries is None:
            return kind.name not in _NAMELESS or thing.item.partition(".")[0] == kind.name
        for row in rows:
            if thing.id in row.identifiers or (row.name and row.name.lower() in _called(thing)):
                return True
            if row.state in _UNSETTLED and row.item == thing.item:
                return True
            if kind.name == "grant" and thing.id.endswith(tuple(row.identifiers)):
                return True
        if kind.name == "log-group":  # /aws/lambda/<function>, which Lambda makes by itself
            names = [each.name for each in self.entries if each.kind in ("function", "db-instance")]
            return any(name in thing.id for name in names)
        return False

    def _without_copies(self, found: Found) -> list[Thing]:
        """Leave out things that no row is about, where several carry the same tag: one of them is a copy."""
        if self.entries is not None:
            return found.things
        counts = Counter(each.item for each in found.things if each.kind in _NAMELESS and each.item)
        kept = []
        for each in found.things:
            if counts[each.item] > 1 and each.kind != "instance":
                found.others.append(f"{each} carries the same tag as another one, so one of them is a copy")
            else:
                kept.append(each)
        return kept

    def _strangers(self, tagged: dict[str, dict[str, str]], found: Found) -> None:
        """Name what carries the run's tag and is of a kind that is not listed, or has another name."""
        known = [each.id for each in (*found.things, *found.companions)]
        told = " ".join(found.others)
        for region, arns in tagged.items():
            for arn in arns:
                last = arn.rpartition("/")[2].rpartition(":")[2]
                if last in told or any(each.endswith(last) or each in arn for each in known):
                    continue
                if not Marks(self.run_id, self.account_id).named(arn) and not _listed(arn):
                    found.others.append(f"{arn} ({region}) carries the tag of this run, and not its name")


def _called(thing: Thing) -> set[str]:
    """List what a thing may be called in the ledger: its id, or the name at the end of its ARN or address."""
    return {each.lower() for each in (thing.id, thing.id.rpartition("/")[2], thing.id.rpartition(":")[2])}


def _listed(arn: str) -> bool:
    """Tell whether an ARN is of a nameless kind, which the lists have shown or know to be gone."""
    _, _, service, _, _, resource = arn.split(":", 5)
    if service == "kms" and resource.startswith("key/"):
        return True
    return service == "ec2" and resource.partition("/")[0] in ("instance", "volume", "snapshot", "image")
