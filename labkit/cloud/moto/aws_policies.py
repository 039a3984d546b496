"""AWS's managed policies for moto's IAM: the facts read once for all accounts, each account's policies made when asked.

moto reads and makes 1,500 policies for each account anew, which is most of the time that opening one takes. Here an
account has its list at once, under the right ARNs, and a policy becomes whole when something of it is looked at. What
may change (its attachments, tags and versions) is the account's own.
"""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from moto.core.config import default_user_config
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, PolicyVersion
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

_LETTERS = string.ascii_uppercase + string.digits
_DRAWS = 20  # moto draws that many letters for an id, each by one `random()`, which takes eight bytes
_BYTES = _DRAWS * 8
_BETWEEN, _PATH = '\n },\n "', '\n  "Path":"'  # as moto's text is laid out


def init_aws_policies(backend: IAMBackend) -> Sequence[AWSManagedPolicy]:
    """Return the policies of one account, in moto's order and with the ids that moto would have drawn."""
    if not default_user_config["iam"]["load_aws_managed_policies"]:
        return []
    account, partition = backend.account_id, get_partition(backend.region_name)
    arns = _arns(partition)
    drawn = mock_random.randbytes(len(arns) * _BYTES)
    make: Any = _OnceAsked  # abstract to a type checker, for what CloudFormation would ask of it
    return [make(arn, account, partition, place, drawn) for place, arn in enumerate(arns)]


class _OnceAsked(AWSManagedPolicy):
    """A managed policy whose members are filled in when the first of them is asked for."""

    arn: Any = ""  # moto computes it at each look

    def __init__(self, arn: str, account: str, partition: str, place: int, drawn: bytes) -> None:
        self.arn = arn
        self._origin = (account, partition, place, drawn)

    def __getattr__(self, name: str) -> Any:
        known = vars(self)
        if "versions" not in known and not name.startswith("_"):
            for member, value in _members(self.arn, *self._origin).items():
                known.setdefault(member, value)  # another thread may be here too, and may have changed one already
        if name in known:
            return known[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _members(arn: str, account: str, partition: str, place: int, drawn: bytes) -> dict[str, Any]:
    """What moto's constructors give a policy, `versions` last."""
    name, data, document = _facts(place)
    version, updated = data["DefaultVersionId"], datetime.fromisoformat(data["UpdateDate"])
    return {
        "name": name,
        "account_id": account,
        "attachment_count": 0,
        "description": "",
        "id": _id(drawn[place * _BYTES : (place + 1) * _BYTES]),
        "path": data["Path"],
        "tags": {},
        "partition": partition,
        "default_version_id": version,
        "next_version_num": int(version.lstrip("v")) + 1,
        "create_date": datetime.fromisoformat(data["CreateDate"]),
        "update_date": updated,
        "versions": [PolicyVersion(arn, document, True, version, updated)],
    }


def in_awss_form(policy_id: str) -> str:
    """Return moto's id of a policy as AWS would write it (IAM User Guide, "IAM identifiers", unique identifiers)."""
    return "ANPA" + policy_id[4:]


def _id(drawn: bytes) -> str:
    """The id that moto's `random_policy_id` makes of these draws: CPython's `random()` takes two words for a number."""
    letters = []
    for start in range(0, _BYTES, 8):
        high, low = (int.from_bytes(drawn[start + at : start + at + 4], "little") for at in (0, 4))
        number = ((high >> 5) * 67108864 + (low >> 6)) / 9007199254740992
        letters.append(_LETTERS[int(number * len(_LETTERS))])
    return in_awss_form("A" + "".join(letters))


@lru_cache(maxsize=8)
def _arns(partition: str) -> tuple[str, ...]:
    """The ARNs, in moto's order. Their two parts are cut out of moto's text: to parse its five megabytes takes long."""
    found = []
    for text in _texts():
        path = text[text.rindex(_PATH) + len(_PATH) :]
        found.append(f"arn:{partition}:iam::aws:policy{_to_quote(path)}{_to_quote(text)}")
    return tuple(found)


def _to_quote(text: str) -> str:
    return text[: text.index('"')]


@lru_cache(maxsize=1)
def _texts() -> tuple[str, ...]:
    """The policies as moto has them, NAME":{…, one by one."""
    whole = aws_managed_policies_data
    return tuple(whole[whole.index('"') + 1 : whole.rindex("\n }")].split(_BETWEEN))


@cache
def _facts(place: int) -> tuple[str, dict[str, Any], str]:
    """A policy's name, what moto says of it, and its document as moto would write it."""
    text = _texts()[place]
    name, _, rest = text.partition('":')
    data = json.loads(rest + "}")
    return name, data, json.dumps(data["Document"])
