"""From an error to its cause, the layer that decided, the mend, and what the account says of it.

`reading` takes what was given apart, `rules` finds the rule that fits (rules/*.toml: data), `evidence` asks the
account, `diagnosis` is what a reader sees. An error that no rule knows is answered with "don't know".
"""

from __future__ import annotations

from typing import Any

from .diagnosis import Diagnosis
from .evidence import Account, open_lab, seen_in
from .reading import read
from .rules import first_that_fits

__all__ = ["Diagnosis", "diagnose"]


def diagnose(error: Any, account: Account | None = None) -> Diagnosis:
    """Say what an error means: `cause`, `layer`, `mend`, `sources`; and `evidence`, where an account can be asked.

    `error` is an exception of boto3, what `expect_error` caught, a pasted message, or a record of CloudTrail (a dict,
    or its JSON). The account of the lab that is open in this process is asked without a trace; `account` is another
    one: a boto3 session, whose permissions must allow the reading (DescribeKey, ListAliases, ListGrants). Nothing is
    changed, and nothing of what was pasted is repeated but names: ARNs and actions. What can't be read is not known.
    """
    symptom = read(error)
    rule = first_that_fits(symptom)
    if rule is None:
        return Diagnosis.unknown()
    found = rule.told(symptom)
    lab = None if account is not None else open_lab()
    return found.with_evidence(seen_in(account or lab, symptom)) if account or lab else found
