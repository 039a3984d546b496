"""The company of the sample logs: a small bookshop that does not exist. Accounts, keys, roles, people, addresses.

Account ids are those of AWS's documentation, addresses those reserved for documentation (RFC 5737), names made up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

SHOP, REPORTS, LOGS = "111122223333", "444455556666", "777788889999"  # production; analytics; log archive and security
OUTSIDER = "555566667777"  # nobody's in the company
HOME, SECOND, GLOBAL = "eu-west-1", "eu-central-1", "us-east-1"
SERVERS_ADDRESS = "203.0.113.77"  # of the gateway through which servers go out
FUNCTION_ADDRESS = "203.0.113.130"
OFFICE = ("203.0.113.10", "203.0.113.11")
HOMES = ("198.51.100.201", "198.51.100.202", "198.51.100.203")  # of people who work from home
STRANGER = "192.0.2.66"
LOG_BUCKET = "bookshop-logs-777788889999"
ORDERS, CUSTOMERS, BACKUPS = "bookshop-orders", "bookshop-customers", "bookshop-backups"

BOTO = (
    "Boto3/1.43.9 md/Botocore#1.43.9 ua/2.1 os/linux#6.1.155 md/arch#x86_64 lang/python#3.12.11 cfg/retry-mode#standard"
)
JAVA = "aws-sdk-java/2.32.14 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.155 lang/java#21.0.8 md/internal"
CLI = "aws-cli/2.31.20 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0-85-generic md/arch#x86_64 lang/python#3.13.7"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 terraform-provider-aws/6.17.0 aws-sdk-go-v2/1.39.3 ua/2.1 os/linux"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CONSOLE = "AWS Internal"


def identifier(text: str, length: int = 32) -> str:
    """Hexadecimal digits that stand for this text: the same in every run and in both samples."""
    return hashlib.sha256(f"bookshop {text}".encode()).hexdigest()[:length]


def guid(text: str) -> str:
    """Make a GUID that stands for this text."""
    digits = identifier(text)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-9{digits[17:20]}-{digits[20:]}"


def iam_id(prefix: str, text: str) -> str:
    """Make an IAM id (AROA..., AIDA..., ASIA...) that says that it is an example's."""
    return f"{prefix}EXAMPLE{identifier(text, 9).upper()}"


@dataclass(frozen=True, slots=True)
class Key:
    """A KMS key of the company."""

    name: str
    account: str
    region: str = HOME

    @property
    def id(self) -> str:
        """Its bare id."""
        return guid(f"key {self.name} {self.region}")

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:kms:{self.region}:{self.account}:key/{self.id}"

    @property
    def resource(self) -> dict[str, str]:
        """It, as `resources` has it."""
        return {"accountId": self.account, "type": "AWS::KMS::Key", "ARN": self.arn}


ORDERS_KEY, CUSTOMERS_KEY = Key("orders", SHOP), Key("customers", SHOP)
SECRETS_KEY, DISKS_KEY, OLD_KEY = Key("secrets", SHOP), Key("disks", SHOP), Key("old-reports", SHOP)
BACKUPS_KEY, REPORTS_KEY = Key("backups", SHOP, SECOND), Key("reports", REPORTS)
TRAIL_KEY, RANSOM_KEY = Key("trail", LOGS), Key("ransom", OUTSIDER)
KEYS = (ORDERS_KEY, CUSTOMERS_KEY, SECRETS_KEY, DISKS_KEY, OLD_KEY, BACKUPS_KEY, REPORTS_KEY, TRAIL_KEY)


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role, with the path that it may have."""

    name: str
    account: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """Its ARN, with the path."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    @property
    def resource(self) -> dict[str, str]:
        """It, as `resources` has it."""
        return {"accountId": self.account, "type": "AWS::IAM::Role", "ARN": self.arn}

    def session(self, name: str, since: str) -> dict[str, Any]:
        """Write the `userIdentity` of a session of this role, whose credentials are from `since`."""
        role_id = iam_id("AROA", f"{self.account} {self.name}")
        return {
            "type": "AssumedRole",
            "principalId": f"{role_id}:{name}",
            "arn": f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{name}",
            "accountId": self.account,
            "accessKeyId": iam_id("ASIA", f"{self.arn} {name} {since}"),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role_id,
                    "arn": self.arn,
                    "accountId": self.account,
                    "userName": self.name,
                },
                "attributes": {"creationDate": since, "mfaAuthenticated": "false"},
            },
        }


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket of the company."""

    name: str
    account: str

    @property
    def host(self) -> str:
        """The name under which it is called."""
        return f"{self.name}.s3.{HOME}.amazonaws.com"

    @property
    def resource(self) -> dict[str, str]:
        """It, as `resources` has it."""
        return {"accountId": self.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{self.name}"}


SHOP_APP, COVER_MAKER = Role("ShopServer", SHOP), Role("CoverMaker", SHOP, "/service-role/")
DEPLOYER, SUPPORT, BACKUP = Role("Deployer", SHOP), Role("SupportTools", SHOP), Role("BackupAgent", SHOP)
NIGHTLY = Role("NightlyReport", REPORTS)
CONFIG = {
    account: Role("AWSServiceRoleForConfig", account, "/aws-service-role/config.amazonaws.com/")
    for account in (SHOP, REPORTS, LOGS)
}
_SSO = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
ADMIN = Role("AWSReservedSSO_KeyAdmin_0123456789abcdef", SHOP, _SSO)
DEVELOPER = Role("AWSReservedSSO_Developer_0123456789abcdef", SHOP, _SSO)
ANALYST = Role("AWSReservedSSO_Analyst_0123456789abcdef", REPORTS, _SSO)
PEOPLE = (
    ("ann@example.com", ADMIN),
    ("ben@example.com", DEVELOPER),
    ("cleo@example.com", DEVELOPER),
    ("dan@example.com", DEVELOPER),
    ("eve@example.com", ANALYST),
)
SERVERS = tuple(f"i-0{identifier(f'server {number}', 16)}" for number in range(3))


def backup_agent(access_key: str = "") -> dict[str, Any]:
    """Write the `userIdentity` of the one IAM user that is left, with its access key from years ago or a newer one."""
    return {
        "type": "IAMUser",
        "principalId": iam_id("AIDA", "backup-agent"),
        "arn": f"arn:aws:iam::{SHOP}:user/backup-agent",
        "accountId": SHOP,
        "accessKeyId": iam_id("AKIA", f"backup-agent{access_key}"),
        "userName": "backup-agent",
    }
