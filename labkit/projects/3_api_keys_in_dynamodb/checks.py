"""Checks of notebooks/projects/3-api-keys-in-dynamodb.ipynb: they read the account, and leave no trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, context_of, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import Gone, LabView, Outcome, not_attempted, not_yet, solved
from labkit.exercises.reach import Reach, Right
from labkit.exercises.reach.situations import in_context

TABLE = "api-keys"


def second_verifier(lab: LabView, answer: Any) -> Outcome:
    """Ask what EdgeVerifier may do on keys: GenerateMac with generation 1's HMAC key, and nothing else."""
    try:
        lab.observer.client("iam").get_role(RoleName="EdgeVerifier")
    except ClientError as missing:
        if missing.response["Error"]["Code"] == "NoSuchEntity":
            return not_attempted("There is no role EdgeVerifier so far.")
        raise
    key, reach = str(the_key(lab, "mac 1")["Arn"]), Reach(lab)
    edge, right = reach.caller("EdgeVerifier"), Right(("kms:GenerateMac",), (key,))
    if beyond := reach.exceeds(edge, right, Right(("dynamodb:*",))):
        return not_yet(f"EdgeVerifier may do more than that: {beyond.told}.")
    if lacking := reach.lacks(edge, right):
        return not_yet(f"EdgeVerifier can't make HMACs as it should: it lacks {lacking.what}.")
    return solved("A second server that finds API keys, and opens none.")


def a_key_for_carla(lab: LabView, answer: Any) -> Outcome:
    """Look for Carla's entry: sealed and pointed at, issued by Issuer, and read by Verifier."""
    entries = [each for each in _items(lab, "") if _text(each, "owner") == "carla"]
    if not entries:
        return not_attempted("The table has no entry of the owner carla.")
    said = [_wrong_with(lab, entry) for entry in entries]
    if "" in said:
        return solved("The table holds Carla's API key, and nobody finds it there.")
    return not_yet(said[-1])


def doras_key(lab: LabView, answer: Any) -> Outcome:
    """Look whether Dora's entries are revoked, by Support, and the others are as they were."""
    entries = {_text(each, "owner"): each for each in _items(lab, "key#")}
    owners = ("dora", "anna", "ben")
    if missing := [name for name in owners if name not in entries]:
        return not_yet(f"The entry is gone: the table has none of the owner {missing[0]}.")
    dora = [each for each in _items(lab, "key#") if _text(each, "owner") == "dora"]
    if _text(entries["anna"], "state") != "active":
        return not_yet("anna's API key is refused, too. She has done nothing.")
    if _text(entries["ben"], "state") == "active":
        return not_yet("ben's API key is taken again. It was revoked.")
    led = {_text(each, "key") for each in _items(lab, "mac#")}
    if _name(entries["anna"]) not in led:
        return not_yet("anna's API key is not found any more: no pointer leads to it. She has done nothing.")
    carla = [_text(each, "state") for each in _items(lab, "key#") if _text(each, "owner") == "carla"]
    if carla and "active" not in carla:
        return not_yet("carla's API key is refused, too. She has done nothing.")
    if not all(each.get("sealed", {}).get("B") for each in dora):
        return not_yet("Dora's entry does not say any more what the API key was: `sealed` is gone.")
    if any(_text(each, "state") == "active" for each in dora):
        return not_attempted("Dora's API key is still taken: the state of its entry is `active`.")
    if any(_text(each, "state") != "revoked" for each in dora):
        return not_yet("The state of Dora's entry is neither `active` nor `revoked`.")
    updates = [event for event in calls(lab, "UpdateItem", "PutItem") if is_by(event, "Support")]
    revoked = [event for each in dora for event in updates if _names(event, each)]
    if not revoked:
        return not_yet("Dora's API key is revoked. But it was not the role `Support` that did it.")
    return solved("It is refused at once, and its entry still says whose it was.")


def third_generation(lab: LabView, answer: Any) -> Outcome:
    """Look whether generation 3 alone is in use, and every entry is pointed at and sealed under its own keys."""
    used = _generations(lab)
    names = [name for name, _, _ in used]
    if "3" not in names:
        return not_attempted(f"The store is in generation {' and '.join(names)}.")
    if len(used) > 1:
        return not_yet(f"{len(used)} generations are in use, {' and '.join(names)}: the move has not come to its end.")
    _, mac, seal = used[0]
    before = {str(the_key(lab, f"{kind} {number}")["Arn"]) for kind in ("mac", "seal") for number in (1, 2)}
    if {mac, seal} & before:
        return not_yet("Generation 3 has the same KMS keys as an older one.")
    entries, pointers = list(_items(lab, "key#")), list(_items(lab, "mac#"))
    if old := [each for each in (*entries, *pointers) if not _is_third(each)]:
        return not_yet(f"{len(old)} items are of another generation: {_text(old[0], 'id')[:14]}… is one.")
    owners = {_text(each, "owner"): _text(each, "state") for each in entries}
    if missing := [name for name in ("anna", "ben") if name not in owners]:
        return not_yet(f"The API key of {missing[0]} is gone: the table has no entry of that owner.")
    if owners["anna"] != "active" or owners["ben"] != "revoked":
        return not_yet("A move leaves each state as it is: anna's API key is active, ben's is revoked.")
    led = {_text(each, "key") for each in pointers}
    if lost := [each for each in entries if _name(each) not in led]:
        return not_yet(f"{len(lost)} entries have no pointer: nobody finds the API key of {_text(lost[0], 'owner')}.")
    sealed = {context_of(event).get("key") for event in calls(lab, "Encrypt") if key_arn(event) == seal}
    if unsealed := [each for each in entries if _name(each) not in sealed]:
        return not_yet(f"{len(unsealed)} entries were not sealed under the new key.")
    if len([event for event in calls(lab, "GenerateMac") if key_arn(event) == mac]) < len(pointers):
        return not_yet("The pointers were not made with the new HMAC key.")
    for arn in (mac, seal):
        if wrong := unusable(lab, arn):
            return not_yet(f"The store has moved. But: {wrong}")
    reach, table = Reach(lab), in_context({"table": TABLE, "key": "x"})
    for role in ("Verifier", "Issuer"):
        if not reach.may(reach.caller(role), "kms:GenerateMac", reach.key(mac)):
            return not_yet(f"The store has moved. But {role} may not make HMACs with the new key: requests fail.")
        if reach.may(reach.caller(role), "kms:Decrypt", reach.key(seal), table):
            return not_yet(
                f"The store has moved. But {role} may open API keys now: it may kms:Decrypt with the new key."
            )
    if reach.lacks(reach.caller("Issuer"), Right(("kms:Encrypt",), (seal,), {"kms:EncryptionContext:table": (TABLE,)})):
        return not_yet("The store has moved. But Issuer may not seal with the new key.")
    return solved("A new generation, and no customer has noticed.")


def _items(lab: LabView, prefix: str) -> Iterator[dict[str, Any]]:
    """The table's items of one kind. Raises Gone if there is no table."""
    client = lab.observer.client("dynamodb")
    try:
        pages = list(client.get_paginator("scan").paginate(TableName=TABLE))
    except ClientError as missing:
        if missing.response["Error"]["Code"] == "ResourceNotFoundException":
            raise Gone(f"The table `{TABLE}`") from None
        raise
    for item in (item for page in pages for item in page["Items"]):
        if _text(item, "id").startswith(prefix):
            yield item


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _name(entry: dict[str, Any]) -> str:
    return _text(entry, "id").removeprefix("key#")


def _is_third(item: dict[str, Any]) -> bool:
    place = _text(item, "id")
    return place.startswith("mac#3#") if place.startswith("mac#") else _text(item, "generation") == "3"


def _generations(lab: LabView) -> list[tuple[str, str, str]]:
    """The generations in use: name, HMAC key, key for sealing."""
    config = next(_items(lab, "config"), None)
    if config is None:
        raise Gone("The item `config`")
    parts = [each["M"] for each in config["all"]["L"]]
    return [(_text(each, "name"), _text(each, "mac"), _text(each, "seal")) for each in parts]


def _wrong_with(lab: LabView, entry: dict[str, Any]) -> str:
    """What is missing to an entry that was issued and verified; "" if nothing is."""
    name = _name(entry)
    if not entry.get("sealed", {}).get("B"):
        return "There is an entry of carla, but its API key is not sealed."
    sealed = [event for event in calls(lab, "Encrypt") if context_of(event) == {"table": TABLE, "key": name}]
    if not sealed:
        return "There is an entry of carla, but nothing was sealed in a context that names it."
    if name not in {_text(each, "key") for each in _items(lab, "mac#")}:
        return "There is an entry of carla, but no pointer leads to it: nobody finds it."
    if not any(is_by(event, "Issuer") for event in sealed):
        return "Carla's API key was issued, but it was not the role `Issuer` that sealed it."
    if _text(entry, "state") != "active":
        return "Carla has an API key, but it is not active."
    reads = [str(event["requestParameters"]) for event in calls(lab, "GetItem") if is_by(event, "Verifier")]
    found = [number for number, asked in enumerate(reads) if _text(entry, "id") in asked]
    if not found:
        return "Carla has an API key. It has not been verified by the role `Verifier` so far."
    if not any(number and "mac#" in reads[number - 1] for number in found):
        return (
            "The role `Verifier` has read Carla's entry. But it was not a pointer that led it there: verify the text."
        )
    return ""


def _names(event: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether a record of DynamoDB is about this entry."""
    return _text(entry, "id") in str(event["requestParameters"])
