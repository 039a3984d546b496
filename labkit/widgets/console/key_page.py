"""A key's page in the console: its general configuration and its tabs, each from the calls that tell it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..calls import Call, Caller, Outcome
from ..twin import Code, Facts, Part, Table, Words
from . import tables, words
from .key_policy import DefaultView, default_view
from .keys import Keys

POLICY, CONFIGURATION, TAGS = "Key policy", "Cryptographic configuration", "Tags"
ROTATIONS, PUBLIC_KEY, REGIONALITY = "Key material and rotations", "Public key", "Regionality"
ALIASES, GRANTS = "Aliases", "Grants"
TABS = (POLICY, CONFIGURATION, TAGS, ROTATIONS, PUBLIC_KEY, REGIONALITY, ALIASES, GRANTS)
"""The console's tabs, and one of ours: it shows no grants."""
DEFAULT_VIEW, POLICY_VIEW = "default view", "policy view"
GRANT_ROWS = 10


class KeyPage:
    """One key. What was read stays until `forget`; a refusal is shown in its place."""

    def __init__(self, caller: Caller, keys: Keys, key_id: str) -> None:
        self._caller = caller
        self._keys = keys
        self._cache: list[tuple[Call, Outcome]] = []
        self.key_id = key_id
        self.policy_view = DEFAULT_VIEW
        self._grant_markers: list[str] = [""]

    @property
    def key(self) -> Mapping[str, Any]:
        """The key's KeyMetadata; empty where DescribeKey is refused."""
        return self._keys.metadata(self.key_id)

    @property
    def is_editable(self) -> bool:
        """Whether it is a customer managed key: AWS alone changes its own."""
        return self.key.get("KeyManager") == "CUSTOMER"

    @property
    def tabs(self) -> tuple[str, ...]:
        """The tabs that a key of this kind has."""
        key = self.key
        asymmetric = bool(key) and words.key_type(key["KeySpec"]) == "Asymmetric"
        rotates = not key or (key["KeySpec"] == "SYMMETRIC_DEFAULT" and key["Origin"] in ("AWS_KMS", "EXTERNAL"))
        out = {ROTATIONS: not rotates, PUBLIC_KEY: not asymmetric, REGIONALITY: not key.get("MultiRegion")}
        return tuple(tab for tab in TABS if not out.get(tab))

    def forget(self) -> None:
        """Read everything anew when it is shown next."""
        self._cache = []

    def general(self) -> list[Part]:
        """Show the general configuration."""
        key = self.key
        if not key:
            return [refusal(self._keys.details(self.key_id))]
        facts = [
            ("Alias", ", ".join(self.aliases) or words.NOTHING),
            ("ARN", key["Arn"]),
            ("Status", words.state(key["KeyState"])),
            ("Creation date", words.moment(key["CreationDate"])),
            ("Description", key.get("Description") or words.NOTHING),
            ("Regionality", words.regionality(key)),
        ]
        if "DeletionDate" in key:
            facts.append(("Scheduled deletion date", words.moment(key["DeletionDate"])))
        if "CurrentKeyMaterialId" in key:
            facts.append(("Current key material ID", key["CurrentKeyMaterialId"]))
        told: list[Part] = [Facts([*facts, ("Last used", self._last_used())])]
        if key["KeyState"] == "PendingImport":
            told.append(Words("Next: download the wrapping public key and the import token, and import.", "note"))
        return told

    def tab(self, name: str) -> list[Part]:
        """Show one tab."""
        draw: dict[str, Callable[[], list[Part]]] = {
            POLICY: self._policy, CONFIGURATION: self._configuration, TAGS: self._tags, ROTATIONS: self._rotations,
            PUBLIC_KEY: self._public_key, REGIONALITY: self._regionality, ALIASES: self._alias_tab,
            GRANTS: self._grants,
        }  # fmt: skip
        return draw[name]()

    def grants_turn(self, pages: int) -> None:
        """Turn the pages of the grants, forward or back."""
        if pages > 0 and (marker := self._ask(self._grant_call()).get("NextMarker")):
            self._grant_markers.append(marker)
        elif pages < 0 and len(self._grant_markers) > 1:
            self._grant_markers.pop()

    @property
    def more_grants(self) -> bool:
        """Whether another page of grants follows."""
        return bool(self._ask(self._grant_call()).get("NextMarker"))

    def _outcome(self, call: Call) -> Outcome:
        for made, outcome in self._cache:
            if made == call:
                return outcome
        self._cache.append((call, self._caller.make(call)))
        return self._cache[-1][1]

    def _ask(self, call: Call) -> Mapping[str, Any]:
        return self._outcome(call).answer or {}

    def _about(self, operation: str, **more: Any) -> Call:
        return Call(operation, {"KeyId": self.key_id, **more})

    def _last_used(self) -> str:
        outcome = self._outcome(self._about("GetKeyLastUsage"))
        if outcome.answer is None:
            return f"({outcome.code})"
        used = outcome.answer.get("KeyLastUsage") or {}
        if not used.get("Timestamp"):
            return f"no use since {words.moment(outcome.answer.get('TrackingStartDate'))}"
        return f"{words.moment(used['Timestamp'])} ({used.get('Operation', '')})"

    def _policy(self) -> list[Part]:
        outcome = self._outcome(self._about("GetKeyPolicy", PolicyName="default"))
        if outcome.answer is None:
            return [refusal(outcome)]
        document = outcome.answer["Policy"]
        view = default_view(document, self.key["AWSAccountId"] if self.key else "")
        if view is None:
            return [Words("Only the policy view can show this key policy.", "note"), Code(pretty(document))]
        if self.policy_view == POLICY_VIEW:
            return [Code(pretty(document))]
        return [
            Facts(
                [
                    ("Key administrators", ", ".join(view.administrators) or "None"),
                    ("Allow key administrators to delete this key", _deletion(view)),
                    ("Key users", ", ".join(view.users) or "None"),
                    ("Other AWS accounts", ", ".join(view.other_accounts) or "None"),
                ]
            )
        ]

    def _configuration(self) -> list[Part]:
        key = self.key
        if not key:
            return [refusal(self._keys.details(self.key_id))]
        algorithms = [each for name, found in key.items() if name.endswith("Algorithms") for each in found]
        facts = [
            ("Key type", words.key_type(key["KeySpec"])),
            ("Origin", words.origin(key["Origin"])),
            ("Key spec", key["KeySpec"]),
            ("Key usage", words.usage(key["KeyUsage"])),
            ("Algorithms", ", ".join(algorithms) or words.NOTHING),
        ]
        parts: list[Part] = [Facts(facts)]
        if store_id := key.get("CustomKeyStoreId"):
            parts += self._store(store_id)
        return parts

    def _store(self, store_id: str) -> list[Part]:
        outcome = self._outcome(Call("DescribeCustomKeyStores", {"CustomKeyStoreId": store_id}))
        if outcome.answer is None:
            return [Facts([("Custom key store ID", store_id)]), refusal(outcome)]
        store = (outcome.answer.get("CustomKeyStores") or [{}])[0]
        external = self.key.get("XksKeyConfiguration", {}).get("Id")
        facts = [
            ("Custom key store ID", store_id),
            ("Custom key store name", store.get("CustomKeyStoreName", words.NOTHING)),
            ("Custom key store type", store.get("CustomKeyStoreType", words.NOTHING)),
            ("Connection state", store.get("ConnectionState", words.NOTHING).replace("_", " ").capitalize()),
        ]
        if cluster := store.get("CloudHsmClusterId"):
            facts.append(("CloudHSM cluster ID", cluster))
        if external:
            facts.append(("External key ID", external))
        return [Facts(facts)]

    @property
    def listed_tags(self) -> Outcome:
        """The key's tags, or the refusal to list them."""
        return self._outcome(self._about("ListResourceTags"))

    @property
    def policy(self) -> str | None:
        """The key policy as it is; None where it may not be read."""
        found = self._ask(self._about("GetKeyPolicy", PolicyName="default")).get("Policy")
        return None if found is None else str(found)

    @property
    def rotation(self) -> Mapping[str, Any]:
        """The answer of GetKeyRotationStatus; empty where it is refused."""
        return self._ask(self._about("GetKeyRotationStatus"))

    @property
    def aliases(self) -> list[str]:
        """The names of the key's aliases; none where they may not be listed."""
        return [each["AliasName"] for each in self._ask(self._about("ListAliases")).get("Aliases", [])]

    @property
    def grants(self) -> list[Mapping[str, Any]]:
        """The grants on this page of them."""
        return list(self._ask(self._grant_call()).get("Grants", []))

    def _tags(self) -> list[Part]:
        outcome = self.listed_tags
        if outcome.answer is None:
            return [refusal(outcome)]
        rows = [(tag["TagKey"], tag["TagValue"]) for tag in outcome.answer.get("Tags", [])]
        return [Table("Tags", ("Tag key", "Tag value"), rows)]

    def _rotations(self) -> list[Part]:
        status = self._outcome(self._about("GetKeyRotationStatus"))
        parts: list[Part] = []
        if status.answer is None:
            parts.append(refusal(status))
        else:
            on = status.answer.get("KeyRotationEnabled")
            facts = [("Automatic key rotation", "Enabled" if on else "Disabled")]
            if on:
                facts.append(("Rotation period", f"{status.answer.get('RotationPeriodInDays', words.NOTHING)} days"))
                facts.append(("Next rotation date", words.moment(status.answer.get("NextRotationDate"))))
            if since := status.answer.get("OnDemandRotationStartDate"):
                facts.append(("On-demand rotation in progress since", words.moment(since)))
            parts.append(Facts(facts))
        listed = self._outcome(self._about("ListKeyRotations", IncludeKeyMaterial="ALL_KEY_MATERIAL"))
        if listed.answer is None:
            return [*parts, refusal(listed)]
        return [*parts, tables.materials(listed.answer.get("Rotations", []))]

    def _public_key(self) -> list[Part]:
        outcome = self._outcome(self._about("GetPublicKey"))
        if outcome.answer is None:
            return [refusal(outcome)]
        return [tables.public_key(outcome.answer["PublicKey"])]

    def _regionality(self) -> list[Part]:
        return [tables.related(self.key.get("MultiRegionConfiguration", {}))]

    def _alias_tab(self) -> list[Part]:
        outcome = self._outcome(self._about("ListAliases"))
        if outcome.answer is None:
            return [refusal(outcome)]
        rows = [(each["AliasName"], each["AliasArn"]) for each in outcome.answer.get("Aliases", [])]
        return [Table("Aliases", ("Alias name", "Alias ARN"), rows)]

    def _grant_call(self) -> Call:
        marker = self._grant_markers[-1]
        return self._about("ListGrants", Limit=GRANT_ROWS, **({"Marker": marker} if marker else {}))

    def _grants(self) -> list[Part]:
        outcome = self._outcome(self._grant_call())
        if outcome.answer is None:
            return [refusal(outcome)]
        note = "AWS's console shows no grants. Here they are, ten to a page."
        return [Words(note, "note"), tables.grants(outcome.answer.get("Grants", []), len(self._grant_markers))]


def _deletion(view: DefaultView) -> str:
    return words.NOTHING if not view.administrators else "Yes" if view.deletion else "No"


def refusal(outcome: Outcome) -> Part:
    """Show that a call was refused, in AWS's words."""
    return Words(outcome.says, "refused")


def pretty(document: str) -> str:
    """Set a policy out; one that is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except ValueError:
        return document
