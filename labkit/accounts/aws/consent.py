"""Consent: nothing is made in a real account before its owner has named that account and Region, in so many words.

LABKIT_CONSENT=<account id>:<region>, or the same typed at a prompt. Where the account looks like one that others depend
on, it must be named twice: LABKIT_CONSENT=<account id>:<region>:<account id>, or typed once more.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence

from ...errors import LabError
from .caller import Caller

VARIABLE = "LABKIT_CONSENT"
OF_THEIR_OWN = "Labs belong into an account of their own."
Ask = Callable[[str], str | None]
"""Asks a person for a line; None where nobody can be asked."""

_GIVEN = re.compile(r"(\d{12}):([a-z0-9-]+)(?::(\d{12}))?", re.ASCII)


def ask_here(prompt: str) -> str | None:
    """Ask in the notebook or terminal; None where there is neither (a script, CI)."""
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and ipython.get_ipython() is not None
    if not in_notebook and (sys.stdin is None or not sys.stdin.isatty()):
        return None
    try:
        return input(prompt).strip()
    except (EOFError, NotImplementedError):  # nbconvert, nbclient: a kernel without anybody at it
        return None


def agree(
    who: Caller,
    region: str,
    about: str,
    ask: Ask = ask_here,
    environ: Mapping[str, str] = os.environ,
    variable: str = VARIABLE,
) -> bool:
    """Get consent to this account and Region; True if it was named twice already. LabError where there is none.

    about: what will be done, in a sentence or more.
    """
    given = environ.get(variable, "")
    wanted = f"{who.account_id}:{region}"
    if not given:
        typed = ask(f"{about}\nYou are {who.arn}.\nTo agree, type {wanted} (anything else leaves all as it is): ")
        if typed == wanted:
            return False
        if typed is None:
            raise LabError(
                f"{about} You are {who.arn}. Nothing is made before you agree, and there is nobody to ask here. "
                f"To agree, set {variable}={wanted}"
            )
        raise LabError(f"You did not type {wanted}. Nothing was made, and nothing was changed.")
    found = _GIVEN.fullmatch(given)
    if found is None or found.group(1, 2) != (who.account_id, region):
        raise LabError(
            f"{variable} is {given!r}, and your AWS settings lead to account {who.account_id}, Region {region}, as "
            f"{who.arn}. Nothing was made. If that is the account you mean, set {variable}={wanted}"
        )
    if found[3] and found[3] != who.account_id:
        raise LabError(f"{variable} is {given!r}: it names two accounts. To name one twice, write its id both times.")
    return bool(found[3])


def agree_again(
    who: Caller,
    region: str,
    reasons: Sequence[str],
    ask: Ask = ask_here,
    environ: Mapping[str, str] = os.environ,
    variable: str = VARIABLE,
) -> None:
    """Have the account named a second time, because of these reasons. LabError where it is not."""
    listed = "\n".join(f"- {reason}" for reason in reasons)
    told = f"Account {who.account_id} looks like one that others depend on:\n{listed}\n"
    twice = f"{who.account_id}:{region}:{who.account_id}"
    if environ.get(variable):
        raise LabError(
            f"{told}{OF_THEIR_OWN} Nothing was made. If you mean this one all the same, name it twice: "
            f"{variable}={twice}"
        )
    typed = ask(f"{told}{OF_THEIR_OWN} If you mean this one, type {who.account_id} again: ")
    if typed != who.account_id:
        raise LabError(f"{told}You did not name it a second time. Nothing was made, and nothing was changed.")
