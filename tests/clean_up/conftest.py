"""A simulated account that is taken for the real AWS, and a run in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import labkit
from labkit import Lab
from labkit.accounts.aws import hooks
from labkit.accounts.aws.clean import keys, runs
from labkit.accounts.aws.clean.account import Account
from labkit.accounts.aws.hooks import plain
from labkit.accounts.aws.ledger import Ledger, open_ledger

RUN_ID = "rabc2345"


@dataclass(frozen=True)
class Run:
    """What the hooks need to know of a run."""

    id: str
    account_id: str
    region: str
    folder: Path


@dataclass
class World:
    """The account, where runs keep their state, and what a clean-up said."""

    lab: Lab
    within: Path
    said: list[str]

    def run(self, run_id: str = RUN_ID) -> Run:
        """Describe a run in the account."""
        return Run(run_id, self.lab.account_id, "us-east-1", self.within / run_id)

    def install(self, run_id: str = RUN_ID) -> Ledger:
        """Begin a run; its ledger."""
        ledger = open_ledger(self.within / run_id)
        hooks.install(self.run(run_id), ledger)
        return ledger

    def clean(self, run_id: str = RUN_ID, *, yes: bool = True, dry: bool = False, answer: str = "") -> int:
        """Clean up; answers the exit status."""
        hooks.uninstall()
        self.said.clear()
        talk = runs.Talk(self.said.append, lambda _: answer, lambda _: None, yes, dry)
        return runs.clean_up(run_id, self.within, talk, "us-east-1", plain.session())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The account. Two Regions are switched on in it: each Region more costs every clean-up its lists."""
    before = dict(os.environ)
    patch = pytest.MonkeyPatch()
    lab = labkit.start("clean-up")
    patch.setattr(Account, "regions", lambda self: ("us-east-1", "eu-west-1"))
    patch.setattr(keys, "_now", lambda _: lab.clock.now())
    yield World(lab, tmp_path_factory.mktemp("home"), [])
    hooks.uninstall()
    patch.undo()
    os.environ.clear()
    os.environ.update(before)
