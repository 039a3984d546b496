"""What the real service was recorded to answer, code and message, row by row: recorded_answers.tsv.

Most rows are of requests with two faults, or of keys in two ways unfit: they hold the order of the checks too.
A setup is steps, parted by ";":

    key=RSA_2048/SIGN_VERIFY[/EXTERNAL]     a key of this spec, usage and origin, from then on {key}
    disable key · schedule key              DisableKey, ScheduleKeyDeletion
    import key · forget key                 material is imported, and deleted again
    blob=Encrypt key [a=b | ALGORITHM]      a ciphertext of "hello", from then on {blob}
    signature=Sign key ALGORITHM            of another message than the rows'
    alias=CreateAlias key                   an alias of its own
    replica=MultiRegion                     a replica that is Creating; the row's call is made in its Region

Parameters are JSON: "bytes:64" are that many zeros, "bytes:64:1" that many ones, "text:x" the bytes of x. An answer
holds what must be in it; "length:64" is the length of its bytes. An empty message is none at all.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from labkit.cloud.core.errors import AwsError

with (Path(__file__).parent / "recorded_answers.tsv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
NAMES = [f"{row['operation']}: {row['situation']}" for row in ROWS]
REPLICA = "eu-west-1"
MATERIAL = b"recorded answers"


class Scenes:
    """Setups, each made once: no row's call changes anything that another row looks at."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self._made: dict[str, dict[str, Any]] = {}

    def of(self, setup: str) -> dict[str, Any]:
        """What a setup's steps have made, by name: ARNs, ciphertexts, signatures."""
        if setup not in self._made or "MultiRegion" in setup:
            things: dict[str, Any] = {}
            for step in filter(None, setup.split("; ")):
                self._do(step, things)
            self._made[setup] = things
        return self._made[setup]

    def _do(self, step: str, things: dict[str, Any]) -> None:
        name, made, what = step.partition("=")
        if not made or " " in name:
            verb, name = step.split(" ")
            self._change(verb, things[name])
            return
        verb, *rest = what.split(" ")
        if verb == "MultiRegion":
            arn = self.world.create(MultiRegion=True)["Arn"]
            self.world.call("ReplicateKey", KeyId=arn, ReplicaRegion=REPLICA)
            things[name] = arn.replace("us-east-1", REPLICA)
        elif verb == "Encrypt":
            things[name] = self._encrypted(things[rest[0]], rest[1:])
        elif verb == "Sign":
            params = {"KeyId": things[rest[0]], "Message": b"another message", "SigningAlgorithm": rest[1]}
            things[name] = self.world.call("Sign", **params)["Signature"]
        elif verb == "CreateAlias":
            things[name] = f"alias/{len(self._made)}"
            self.world.call("CreateAlias", AliasName=things[name], TargetKeyId=things[rest[0]])
        else:
            spec, usage, *origin = what.split("/")
            things[name] = self.world.create(KeySpec=spec, KeyUsage=usage, Origin=(*origin, "AWS_KMS")[0])["Arn"]

    def _change(self, verb: str, arn: str) -> None:
        if verb == "import":
            self.world.bring(arn, MATERIAL * 2)
        else:
            operation = {"disable": "DisableKey", "schedule": "ScheduleKeyDeletion"}.get(verb)
            self.world.call(operation or "DeleteImportedKeyMaterial", KeyId=arn)

    def _encrypted(self, arn: str, how: list[str]) -> bytes:
        params: dict[str, Any] = {"KeyId": arn, "Plaintext": b"hello"}
        for word in how:
            name, pair, value = word.partition("=")
            params |= {"EncryptionContext": {name: value}} if pair else {"EncryptionAlgorithm": word}
        blob: bytes = self.world.call("Encrypt", **params)["CiphertextBlob"]
        return blob


def filled(value: Any, things: dict[str, Any]) -> Any:
    """A row's JSON with things for their names, and bytes where it says so."""
    if isinstance(value, dict):
        return {name: filled(item, things) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, things) for item in value]
    if not isinstance(value, str):
        return value
    kind, colon, rest = value.partition(":")
    if kind == "text" and colon:
        return rest.encode()
    if kind == "bytes" and colon:
        length, _, filling = rest.partition(":")
        return bytes((int(filling or 0),)) * int(length)
    return things.get(value.strip("{}"), value) if value.startswith("{") else value


def holds(answer: Any, wanted: Any) -> bool:
    """Whether an answer has everything that a row wants of it."""
    if isinstance(wanted, dict):
        return all(name in answer and holds(answer[name], item) for name, item in wanted.items())
    if isinstance(wanted, str) and wanted.startswith("length:"):
        return len(answer) == int(wanted.removeprefix("length:"))
    return bool(answer == wanted)


@pytest.fixture(scope="module")
def scenes(shared: Any) -> Scenes:
    """One KMS for the whole table."""
    return Scenes(shared)


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_answer(scenes: Scenes, row: dict[str, str]) -> None:
    """Code and message are the recorded ones; a call that succeeded on AWS succeeds here."""
    things = scenes.of(row["setup"])
    params = filled(json.loads(row["parameters"]), things)
    region = REPLICA if "replica" in things else "us-east-1"
    message = row["message"].replace("{}", "")
    for name, thing in things.items():
        if isinstance(thing, str):
            message = message.replace(f"{{{name}}}", thing)
    if not row["code"]:
        answer = scenes.world.call(row["operation"], region=region, **params)
        assert holds(answer, filled(json.loads(row["answer"]), things))
        return
    with pytest.raises(AwsError) as caught:
        scenes.world.call(row["operation"], region=region, **params)
    assert (caught.value.code, caught.value.message) == (row["code"], message or None)
    assert caught.value.status == 400


def test_rows_are_whole() -> None:
    """Each row has a name of its own, an answer of one kind, and a source."""
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []
    for row in ROWS:
        assert None not in row and all(row[name] is not None for name in row)
        assert row["source"] and bool(row["code"]) != bool(row["answer"])
