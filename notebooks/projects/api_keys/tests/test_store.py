"""The store: issued, verified, revoked; what must not work does not; moved while requests run, wherever they stand."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import boto3
import pytest
from api_keys import Generation, Move, Refused, Store, create_table
from api_keys.must_not import must_not
from api_keys.rules import issuer_may, mover_may, support_may, verifier_may

import labkit

PACKAGES = Path(__file__).resolve().parents[2]


class World:
    """KMS keys for some generations, and stores in tables of their own."""

    def __init__(self, lab: labkit.Lab) -> None:
        self.lab = lab
        self.kms, self.dynamodb = boto3.client("kms"), boto3.client("dynamodb")
        self.generations = [self._generation(name) for name in ("1", "2")]
        self._names = iter(f"store-{number}" for number in range(500))

    def _generation(self, name: str) -> Generation:
        mac = self.kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
        return Generation(name, mac, self.kms.create_key()["KeyMetadata"]["Arn"])

    def store(self, name: str = "") -> Store:
        """A new store of the first generation, as the administrator sees it."""
        store = Store(name or next(self._names), self.kms, self.dynamodb)
        create_table(self.dynamodb, store.table)
        store.begin(self.generations[0])
        return store

    def ids(self, store: Store, prefix: str) -> list[str]:
        """The ids of a store's items."""
        items = self.dynamodb.scan(TableName=store.table)["Items"]
        return sorted(each["id"]["S"] for each in items if each["id"]["S"].startswith(prefix))


@pytest.fixture(scope="module")
def world(lab: labkit.Lab) -> World:
    """One account for the whole file."""
    return World(lab)


def takes(store: Store, text: str) -> bool:
    """Whether an API key is taken."""
    try:
        store.verify(text)
    except Refused:
        return False
    return True


def test_an_api_key_lives_and_ends(world: World) -> None:
    """Issued, found, revoked, and gone for everybody; its text is in no repr."""
    store = world.store()
    anna, ben = store.issue("anna"), store.issue("ben")
    assert (store.verify(anna.text), store.verify(ben.text)) == ("anna", "ben")
    assert anna.text not in repr(anna)
    store.revoke(anna.name)
    assert (takes(store, anna.text), takes(store, ben.text)) == (False, True)
    with pytest.raises(LookupError, match="no API key nobody"):
        store.revoke("nobody")
    for text in ("", "ak_", "ak_" + "x" * 5000, "ak_ü", "ak_\ud800", anna.text[3:]):
        assert not takes(store, text)


def test_what_must_not_work_does_not(world: World) -> None:
    """The list that the notebook shows, as the roles of the application."""
    store, lab = world.store("roles"), world.lab
    table = f"arn:aws:dynamodb:{lab.region}:{lab.account_id}:table/roles"
    one = world.generations[0]
    policies = {"Issuer": issuer_may(table, one), "Verifier": verifier_may(table, one), "Support": support_may(table)}
    sessions = [lab.role(name, policy=policy).session() for name, policy in policies.items()]
    clients = [(each.client("kms"), each.client("dynamodb")) for each in sessions]
    issuer, verifier, support = (replace(store, kms=one, dynamodb=other) for one, other in clients)
    tried = must_not(issuer, verifier, support, store)
    assert {each.what: each.outcome() for each in tried} == {each.what: each.error for each in tried}
    mover = lab.role("Mover", policy=mover_may(table, *world.generations)).session()
    Move(replace(store, kms=mover.client("kms"), dynamodb=mover.client("dynamodb")), world.generations[1]).run()
    assert [each for each in world.ids(store, "mac#") if not each.startswith("mac#2#")] == []


def test_after_a_move_the_old_keys_are_needed_no_more(world: World) -> None:
    """Everything works with the old KMS keys disabled; what was revoked stays revoked."""
    store = world.store()
    old, new = world.generations
    anna, ben = store.issue("anna"), store.issue("ben")
    store.revoke(ben.name)
    Move(store, new).run()
    for key in (old.mac, old.seal):
        world.kms.disable_key(KeyId=key)
    try:
        assert (takes(store, anna.text), takes(store, ben.text), takes(store, store.issue("eve").text)) == (
            True,
            False,
            True,
        )
        Move(store, new).run()  # once more: there is nothing to do
    finally:
        for key in (old.mac, old.seal):
            world.kms.enable_key(KeyId=key)


def test_a_move_that_was_killed_goes_on(world: World) -> None:
    """After each step."""
    number = 0
    while True:
        store = world.store()
        made = [store.issue(f"owner-{each}") for each in range(2)]
        steps = Move(store, world.generations[1]).steps()
        done = [word for _, word in zip(range(number), steps, strict=False)]
        assert all(takes(store, each.text) for each in made), done
        Move(store, world.generations[1]).run()
        assert all(takes(store, each.text) for each in made), done
        assert len(world.ids(store, "mac#")) == 2
        if len(done) < number:
            break
        number += 1
    assert done == ["announced", "copied", "copied", "switched", "dropped", "dropped"]


class Interrupted:
    """A client of DynamoDB that lets the move go on before its so-many-th call."""

    def __init__(self, client: Any, steps: Iterator[str], before: int, by: int) -> None:
        self._client, self._steps, self._left, self._by = client, steps, before, by
        self.exceptions = client.exceptions

    def __getattr__(self, operation: str) -> Any:
        def call(*words: Any, **asked: Any) -> Any:
            if self._left == 0:
                for _ in range(self._by):
                    next(self._steps, None)
            self._left -= 1
            return getattr(self._client, operation)(*words, **asked)

        return call


def test_requests_are_right_wherever_the_move_stands_between_their_calls(world: World) -> None:
    """Each request, interrupted before each of its calls by each part of a move, from each point of it."""
    wrong = []
    places = [(1, 1), (1, 2), (6, 1), (6, 2)]  # so many steps, before the so-many-th call
    for start, (by, before) in product((0, 1, 2, 4), places):
        store = world.store()
        good, bad = store.issue("good"), store.issue("bad")
        store.revoke(bad.name)
        move = Move(store, world.generations[1]).steps()
        for _ in range(start):
            next(move)
        request = replace(store, dynamodb=Interrupted(world.dynamodb, move, before, by))
        work = (start + places.index((by, before))) % 3
        if work == 0 and not takes(request, good.text):
            wrong.append(("good is refused", start, by, before))
        if work == 1 and takes(request, bad.text):
            wrong.append(("revoked is taken", start, by, before))
        late = request.issue("late") if work == 2 else store.issue("late")
        for _ in move:
            pass
        Move(store, world.generations[1]).run()
        if (takes(store, good.text), takes(store, bad.text), takes(store, late.text)) != (True, False, True):
            wrong.append(("after the move", start, by, before))
    assert wrong == []


def test_revoked_in_the_middle_of_a_copy_stays_revoked(world: World) -> None:
    """The copy has read the entry, and has not written it yet."""
    for before in (3, 4, 5):  # of the copy's calls: the generations, the pointer, the entry
        store = world.store()
        made = store.issue("anna")

        def revoking(store: Store = store, name: str = made.name) -> Iterator[str]:
            store.revoke(name)
            yield "revoked"

        between = replace(store, dynamodb=Interrupted(world.dynamodb, revoking(), before, 1))
        Move(between, world.generations[1]).run()
        assert not takes(store, made.text)


def test_a_second_move_waits_for_the_first(world: World) -> None:
    """Otherwise an API key of the oldest generation would be found nowhere."""
    store = world.store()
    next(Move(store, world.generations[1]).steps())
    with pytest.raises(RuntimeError, match="to 2, has not come to its end"):
        Move(store, Generation("3", "mac", "seal")).run()


def test_moved_while_threads_send_requests(world: World) -> None:
    """Four threads at once, all the time: none of their requests gets a wrong answer."""
    store = world.store()
    good, bad = store.issue("good"), store.issue("bad")
    store.revoke(bad.name)
    done, rounds, wrong = threading.Event(), [0] * 4, []

    def requests(number: int) -> None:
        while not done.is_set():
            answers = takes(store, good.text), takes(store, bad.text)
            rounds[number] += 1
            if answers != (True, False):
                wrong.append(answers)

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(requests, number) for number in range(4)]
        try:
            for _ in Move(store, world.generations[1]).steps():
                seen = list(rounds)
                until = time.monotonic() + 30
                while any(now == before for now, before in zip(rounds, seen, strict=True)):
                    assert time.monotonic() < until
                    time.sleep(0.002)
        finally:
            done.set()
        assert [each.result() for each in futures] == [None] * 4
    assert wrong == []


def test_the_commands(world: World) -> None:
    """In a process of their own, over HTTP."""
    world.store("commands")
    settings = os.environ | {"PYTHONPATH": str(PACKAGES)}
    code = (
        "import io, sys\nfrom api_keys import __main__ as it\n"
        "def run(*words, told=''):\n"
        "    sys.argv = ['api_keys', *words, '--table', 'commands']\n"
        "    sys.stdin = io.StringIO(told)\n    return it.main()\n"
        "assert run('issue', 'anna') == 0\n"
    )
    made = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, timeout=60)
    name, text = made.stdout.split()
    more = (
        f"{code}assert run('verify', told={text!r}) == 0\nassert run('revoke', {name!r}) == 0\n"
        f"assert run('verify', told={text!r}) == 1\n"
    )
    told = subprocess.run([sys.executable, "-c", more], env=settings, capture_output=True, text=True, timeout=60)
    assert (told.stdout.split()[2:], told.stderr) == (["anna"], "This API key is not valid.\n")
