"""The names of a run: what a notebook calls `alias/orders` is `alias/orders-<run>` in the account.

A run has names of its own, as a process has: it can't reach by name what it has not made, and what it makes can be told
by its name. Names get the run's id on the way out and lose it on the way back. Pure: no calls, no files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# The longest name of a kind, from botocore's models and the services' quota pages. A name with the id that is longer is
# cut, and gets eight signs of its SHA-256 instead; a name that is too long by itself stays too long: AWS says so.
LONGEST = {
    "alias": 256, "bucket": 63, "role": 64, "user": 64, "group": 128, "policy": 128, "instance-profile": 128,
    "mfa-device": 226, "function": 64, "table": 255, "log-group": 512, "queue": 80, "topic": 256, "rule": 64,
    "alarm": 255, "trail": 128, "secret": 512, "parameter": 1011, "db-instance": 63, "db-snapshot": 255, "image": 128,
    "launch-template": 128, "scaling-group": 255, "key-store": 256,
}  # fmt: skip
# What is AWS's, or the account's own and not a lab's: such names stay as they are.
_RESERVED = re.compile(
    r"alias/aws/|aws/|AWSServiceRole|aws-service-role/|aws-reserved/|/aws/(?!lambda/)|/aws/reference/|aws-|"
    r"LabAdministrator$|OrganizationAccountAccessRole$|root$"
)
_WILD = re.compile(r"[*?]|\$\{")
# The kind of a resource by its ARN: service, then how the resource part begins (with what stands between).
_RESOURCES: tuple[tuple[str, str, str], ...] = (
    ("kms", "alias/", "alias"), ("s3", "", "bucket"), ("iam", "role/", "role"), ("iam", "user/", "user"),
    ("iam", "group/", "group"), ("iam", "policy/", "policy"), ("iam", "instance-profile/", "instance-profile"),
    ("iam", "mfa/", "mfa-device"), ("sts", "assumed-role/", "session"), ("lambda", "function:", "function"),
    ("dynamodb", "table/", "table"), ("logs", "log-group:", "log-group"), ("sqs", "", "queue"), ("sns", "", "topic"),
    ("events", "rule/", "rule"), ("cloudwatch", "alarm:", "alarm"), ("cloudtrail", "trail/", "trail"),
    ("secretsmanager", "secret:", "secret"), ("ssm", "parameter/", "parameter"), ("rds", "db:", "db-instance"),
    ("rds", "snapshot:", "db-snapshot"),
)  # fmt: skip
ARN = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*|\*):(\d{12}|\*|):([^\s\"',\\]+)")
_ENDS = {"bucket": "/", "function": ":", "table": "/", "log-group": ":", "topic": ":", "role": "", "parameter": ":"}
_FIFO = ".fifo"
_SECRET = re.compile(r"(?P<name>.+)(?P<end>-(?:\?{6}|\*|[A-Za-z0-9]{6}))")


@dataclass(slots=True)
class Names:
    """The names of one run in one account."""

    run_id: str
    account_id: str
    _cut: dict[str, str] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What a name of this run ends with."""
        return f"-{self.run_id}"

    def carries(self, name: str) -> bool:
        """Tell whether a name of the account is one of this run's."""
        return self.suffix in name

    def real(self, kind: str, name: str) -> str:
        """Return what the account calls what the notebook calls `name`."""
        if kind == "key":
            return self.real("alias", name) if name.startswith("alias/") else self.in_text(name)
        if kind == "copy-source":
            bucket, slash, key = name.partition("/")
            return self.in_text(name) if name.startswith("arn:") else self.real("bucket", bucket) + slash + key
        if name.startswith("arn:"):
            return self.in_text(name)
        if kind == "queue" and "/" in name:
            head, _, last = name.rpartition("/")
            return f"{head}/{self.real(kind, last)}"
        if kind == "parameter" and ":" in name:
            name, colon, version = name.partition(":")
            return self.real(kind, name) + colon + version
        if kind == "function" and ":" in name:
            name, colon, version = name.partition(":")
            return self.real(kind, name) + colon + version
        if not name or _RESERVED.match(name) or self.carries(name):
            return name
        return self._ended(kind, name)

    def _ended(self, kind: str, name: str) -> str:
        body, end = (name.removesuffix(_FIFO), _FIFO) if name.endswith(_FIFO) else (name, "")
        suffix, longest = self.suffix, LONGEST.get(kind, 64)
        if kind == "bucket" and self.account_id not in body:
            suffix += f"-{self.account_id}"
        if len(name) <= longest < len(name) + len(suffix):
            short = hashlib.sha256(body.encode()).hexdigest()[:8]
            kept = body[: longest - len(suffix) - len(end) - 9].rstrip("-.")
            self._cut[f"{kept}-{short}"] = body
            body = f"{kept}-{short}"
        return body + suffix + end

    def in_text(self, text: str) -> str:
        """Return the text with the names in its ARNs as the account has them."""
        return ARN.sub(self._in_arn, text) if "arn:" in text else text

    def _in_arn(self, found: re.Match[str]) -> str:
        partition, service, region, account, resource = found.groups()
        if account and account not in (self.account_id, "*"):
            return found[0]
        for of, start, kind in _RESOURCES:
            if of == service and resource.startswith(start):
                rest = self._in_resource(kind, resource.removeprefix(start))
                return f"arn:{partition}:{service}:{region}:{account}:{start}{rest}"
        return found[0]

    def _in_resource(self, kind: str, resource: str) -> str:
        if kind in ("role", "user", "policy", "instance-profile", "group"):
            path, slash, name = resource.rpartition("/")
            return path + slash + (name if _RESERVED.match(resource) else self._one(kind, name))
        if kind == "session":
            name, slash, session = resource.partition("/")
            return self._one("role", name) + slash + session
        if kind == "secret":
            found = None if self.carries(resource) else _SECRET.fullmatch(resource)
            if found and not _WILD.search(found["name"]):
                return self._one(kind, found["name"]) + found["end"]
            return self._one(kind, resource)
        if kind == "parameter":
            return self._one(kind, f"/{resource}")[1:]
        name, sign, rest = resource.partition(_ENDS[kind]) if _ENDS.get(kind) else (resource, "", "")
        return self._one(kind, name) + sign + rest

    def _one(self, kind: str, name: str) -> str:
        """Return a name inside an ARN. A pattern stays: the id stands at a name's end, where `*` takes it in."""
        if kind == "alias":
            return name if _WILD.search(name) else self.real(kind, f"alias/{name}").removeprefix("alias/")
        return name if _WILD.search(name) else self.real(kind, name)

    def shown(self, text: str) -> str:
        """Return a text of the account's as the notebook knows it: without the run's id."""
        if self.suffix not in text:
            return text
        for cut, full in self._cut.items():
            text = text.replace(cut + self.suffix, full + self.suffix)
        return re.sub(re.escape(self.suffix) + f"(-{self.account_id})?(?![a-z0-9])", "", text)

    def remember_cut(self, pairs: Mapping[str, str]) -> None:
        """Learn names that were cut in another process of the run: what the notebook calls them, by the account's."""
        for real, name in pairs.items():
            if self.suffix in real and not real.startswith(name.removesuffix(_FIFO)):
                self._cut[real.split(self.suffix)[0]] = name.removesuffix(_FIFO)
