"""The second account of a real run: its owner's profile, its own consent. Without the setting there is none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError

from ...errors import LabError
from . import consent, guard
from .caller import caller_of
from .capabilities import SECOND_PROFILE, unavailable
from .entering import Entered
from .settings import settings
from .surroundings import doubts
from .words import NONE, in_words

SECOND_CONSENT = "LABKIT_SECOND_CONSENT"


@dataclass(frozen=True, slots=True)
class SecondAccount:
    """The second account's id, and the session that calls there."""

    account_id: str
    session: boto3.Session

    def keys(self) -> Mapping[str, str]:
        """Take the session's credentials as boto3's clients are given them; fresh ones each time."""
        try:
            credentials = self.session.get_credentials()
            if credentials is None:
                raise LabError(NONE)
            now = credentials.get_frozen_credentials()
        except BotoCoreError as wrong:
            raise LabError(in_words(wrong)) from None
        return {
            "aws_access_key_id": str(now.access_key),
            "aws_secret_access_key": str(now.secret_key),
            "aws_session_token": str(now.token or ""),
        }


def second_account(name: str, entered: Entered, ask: consent.Ask = consent.ask_here) -> SecondAccount:
    """Open it under this name, once its owner has agreed to it by itself. LabError where it can't or may not."""
    profile = os.environ.get(SECOND_PROFILE, "")
    if not profile:
        raise unavailable("second-account")
    found = settings(entered.run.region, profile)
    who = caller_of(found)
    if who.account_id == entered.run.account_id:
        raise LabError(
            f"{SECOND_PROFILE} is {profile!r}: it leads to the same account. A lab's {name!r} is another one."
        )
    about = f"This lab makes things in a second account ({name!r}), {who.account_id}, Region {found.region}."
    twice = consent.agree(who, found.region, about, ask, variable=SECOND_CONSENT)
    present = guard.installed()
    if present is None:
        raise LabError("There is no run going on: begin a lab first.")
    present.admit(who.account_id)
    if not twice:
        try:
            if reasons := doubts(found, who):
                consent.agree_again(who, found.region, reasons, ask, variable=SECOND_CONSENT)
        except BaseException:
            present.dismiss(who.account_id)
            raise
    second = SecondAccount(who.account_id, found.session)
    present.is_of(second.keys()["aws_access_key_id"], who.account_id)  # the ledger tells whose things its rows are
    return second
