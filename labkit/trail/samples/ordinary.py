"""An ordinary fortnight: servers, orders, nightly reports, deployments, people at desks, auditors, and much noise."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from . import company as c
from .calendar import DAYS, START, days, is_workday, moments
from .chores import OLD_KEY_UNTIL, chores
from .people import LOOKS, people
from .recording import FAS, SERVICE_SESSION, Journal, Recorded, chance_of, iso, service, through


def fortnight(renewed: datetime | None = None) -> list[Recorded]:
    """Record all that was recorded, each stream with a chance of its own; in no particular order.

    renewed: when the backup agent got a new access key, if it did.
    """
    streams = (_servers, _orders, _secrets, _covers, _reports, _deployments, people, _audits, _disks, chores)
    records: list[Recorded] = []
    for stream in streams:
        journal = Journal(chance_of(stream.__name__), name=stream.__name__, renewed=renewed)
        stream(journal)
        records += journal.records
    return records


def _server(number: int, time: datetime) -> dict[str, Any]:
    """A server's session: EC2 hands out new credentials every six hours."""
    since = time.replace(hour=time.hour // 6 * 6, minute=number * 7, second=11)
    since -= timedelta(hours=6) if since > time else timedelta(0)
    return c.SHOP_APP.session(c.SERVERS[number], iso(since))


def _servers(journal: Journal) -> None:
    """Each server tells Systems Manager every five minutes that it lives; EC2 renews its credentials."""
    for number, instance in enumerate(c.SERVERS):
        time = START + timedelta(seconds=40 + 97 * number)
        while time < START + timedelta(days=DAYS):
            asked = {
                "instanceId": instance,
                "agentVersion": "3.3.2746.0",
                "agentStatus": "Active",
                "sSMConnectionChannel": "ssmmessages",
            }
            journal.note(
                time, _server(number, time), "ssm", "UpdateInstanceInformation", c.HOME,
                ip=c.SERVERS_ADDRESS, agent="aws-sdk-go/1.55.5 (go1.23; linux; amd64) amazon-ssm-agent/3.3.2746.0",
                asked=asked, writes="writes",
            )  # fmt: skip
            time += timedelta(seconds=300 + journal.chance.randrange(-3, 4))
        for step in range(DAYS * 4):
            renewed = START + timedelta(hours=6 * step, minutes=number * 7, seconds=11)
            session = c.SHOP_APP.session(instance, iso(renewed))
            journal.assume(renewed, service("ec2"), c.SHOP_APP, session, lasts=SERVICE_SESSION)


def _orders(journal: Journal) -> None:
    """Orders are written and read through S3 under a key; the customers' list is read now and then."""
    for day in days():
        for time in moments(journal.chance, day, 52):
            server = _server(journal.chance.randrange(3), time)
            order = f"arn:aws:s3:::{c.ORDERS}/{time:%Y/%m/%d}/{journal.chance.getrandbits(40):010x}.json"
            event = "GenerateDataKey" if journal.chance.random() < 0.4 else "Decrypt"
            journal.use(time, through(server, FAS), event, c.ORDERS_KEY, {"aws:s3:arn": order})
        for time in moments(journal.chance, day, 6):
            server = _server(journal.chance.randrange(3), time)
            customer = f"arn:aws:s3:::{c.CUSTOMERS}/{journal.chance.randrange(1500):05}.json"
            journal.use(time, through(server, FAS), "Decrypt", c.CUSTOMERS_KEY, {"aws:s3:arn": customer})


def _secrets(journal: Journal) -> None:
    """Each server reads the database's password every hour."""
    arn = f"arn:aws:secretsmanager:{c.HOME}:{c.SHOP}:secret:bookshop/database-AbCdEf"
    context = {"SecretARN": arn, "SecretVersionId": c.guid("secret version")}
    for hour in range(DAYS * 24):
        for number in range(len(c.SERVERS)):
            time = START + timedelta(hours=hour, minutes=3 + number, seconds=journal.chance.randrange(60))
            server = _server(number, time)
            journal.note(
                time,
                server,
                "secretsmanager",
                "GetSecretValue",
                c.HOME,
                ip=c.SERVERS_ADDRESS,
                agent=c.JAVA,
                asked={"secretId": "bookshop/database"},
            )
            journal.use(time, through(server, "secretsmanager.amazonaws.com"), "Decrypt", c.SECRETS_KEY, context)


def _covers(journal: Journal) -> None:
    """A function makes small pictures of covers; at each cold start Lambda opens its variables with its own role."""
    context = {"aws:lambda:FunctionArn": f"arn:aws:lambda:{c.HOME}:{c.SHOP}:function:cover-maker"}
    agent = "aws-internal/3 aws-sdk-java/1.12.799 Linux/5.10.244 OpenJDK_64-Bit_Server_VM/17.0.17 vendor/N/A"
    for day in days():
        for time in moments(journal.chance, day, 3):
            role = c.COVER_MAKER.session("cover-maker", iso(time))
            journal.assume(time, service("lambda"), c.COVER_MAKER, role, lasts=SERVICE_SESSION)
            journal.use(
                time + timedelta(seconds=1), role, "Decrypt", c.SECRETS_KEY, context, ip=c.FUNCTION_ADDRESS, agent=agent
            )
            stream = f"{time:%Y/%m/%d}/[$LATEST]{journal.chance.getrandbits(128):032x}"
            asked = {"logGroupName": "/aws/lambda/cover-maker", "logStreamName": stream}
            journal.note(
                time + timedelta(seconds=2),
                role,
                "logs",
                "CreateLogStream",
                c.HOME,
                ip=c.FUNCTION_ADDRESS,
                agent="awslambda-worker/1.0",
                asked=asked,
                writes="writes",
            )


def _reports(journal: Journal) -> None:
    """Each night, analytics reads the orders of the day before: from another account, in one go."""
    for day in days():
        time = day + timedelta(hours=2, seconds=journal.chance.randrange(120))
        session = c.NIGHTLY.session("nightly", iso(time))
        journal.assume(time, service("states"), c.NIGHTLY, session, lasts=SERVICE_SESSION)
        for _ in range(110 if is_workday(day) else 70):
            time += timedelta(seconds=journal.chance.randrange(1, 5))
            order = (
                f"arn:aws:s3:::{c.ORDERS}/{day - timedelta(days=1):%Y/%m/%d}/{journal.chance.getrandbits(40):010x}.json"
            )
            journal.use(time, through(session, FAS), "Decrypt", c.ORDERS_KEY, {"aws:s3:arn": order})
        report = {"aws:s3:arn": f"arn:aws:s3:::bookshop-reports/{day:%Y-%m-%d}.parquet"}
        journal.use(time + timedelta(seconds=9), through(session, FAS), "GenerateDataKey", c.REPORTS_KEY, report)


def _deployments(journal: Journal) -> None:
    """On workdays new code goes out some times; Terraform looks at everything before."""
    for day in filter(is_workday, days()):
        for hour in (9, 11, 14, 16)[: journal.chance.randrange(1, 5)]:
            time = day + timedelta(hours=hour, minutes=journal.chance.randrange(60))
            session = c.DEPLOYER.session(f"run-{journal.chance.randrange(10**9)}", iso(time))
            where: dict[str, Any] = {"ip": f"198.51.100.{journal.chance.randrange(10, 60)}", "agent": c.TERRAFORM}
            for key in c.KEYS:
                if key.account == c.SHOP and (key is not c.OLD_KEY or time < OLD_KEY_UNTIL):
                    for event in ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"):
                        time += timedelta(seconds=journal.chance.randrange(2))
                        journal.note(
                            time, session, "kms", event, key.region, asked={"keyId": key.id}, keys=[key], **where
                        )
            for _ in range(25):
                time += timedelta(seconds=journal.chance.randrange(3))
                source = journal.chance.choice(("ec2", "s3", "lambda", "logs"))
                journal.note(time, session, source, journal.chance.choice(LOOKS[source]), c.HOME, **where)
            asked = {"functionName": "cover-maker", "publish": False, "dryRun": False}
            journal.note(
                time, session, "lambda", "UpdateFunctionCode20150331v2", c.HOME, asked=asked, writes="writes", **where
            )


def _audits(journal: Journal) -> None:
    """AWS Config looks at every resource, several times a day, in every account."""
    for day in days():
        for hour in range(0, 24, 3):
            for account, role in c.CONFIG.items():
                time = day + timedelta(hours=hour, minutes=journal.chance.randrange(20))
                session = through(role.session("AWSConfig-Describe", iso(time)), "config.amazonaws.com")
                for region in (c.HOME, c.SECOND):
                    for source in ("ec2", "s3", "lambda", "rds", "logs"):
                        for event in LOOKS[source]:
                            time += timedelta(seconds=journal.chance.randrange(2))
                            journal.note(time, session, source, event, region)
                for key in c.KEYS:
                    if key.account == account:
                        for event in ("DescribeKey", "GetKeyPolicy", "ListResourceTags"):
                            journal.note(time, session, "kms", event, key.region, asked={"keyId": key.id}, keys=[key])


def _disks(journal: Journal) -> None:
    """Each night disks and database are backed up; on Wednesdays a server is replaced, with a new encrypted volume."""
    for day in days():
        time = day + timedelta(hours=1, minutes=30, seconds=journal.chance.randrange(60))
        where: dict[str, Any] = {"ip": c.SERVERS_ADDRESS, "agent": c.BOTO}
        backup = c.BACKUP.session("nightly", iso(time))
        agent = c.backup_agent("new" if journal.renewed and time > journal.renewed else "")
        journal.assume(time, agent, c.BACKUP, backup, **where)
        for number in range(len(c.SERVERS)):
            time += timedelta(seconds=5)
            asked = {"volumeId": f"vol-0{c.identifier(f'volume {number}', 16)}", "description": "nightly"}
            answer = {
                "snapshotId": f"snap-0{c.identifier(f'{day} {number}', 16)}",
                "encrypted": True,
                "status": "pending",
            }
            journal.note(
                time, backup, "ec2", "CreateSnapshot", c.HOME, asked=asked, answer=answer, writes="writes", **where
            )
        for part in range(30):
            time += timedelta(seconds=journal.chance.randrange(5, 40))
            dump = {"aws:s3:arn": f"arn:aws:s3:::{c.BACKUPS}/{day:%Y-%m-%d}/{part:03}.dump"}
            journal.use(time, through(backup, FAS), "GenerateDataKey", c.BACKUPS_KEY, dump)
        if day.weekday() == 2:
            volume = {"aws:ebs:id": f"vol-0{c.identifier(f'new {day}', 16)}"}
            time = day + timedelta(hours=10, minutes=12)
            deployer = through(c.DEPLOYER.session("replace-server", iso(time)), "ec2-frontend-api.amazonaws.com")
            journal.use(time, deployer, "GenerateDataKeyWithoutPlaintext", c.DISKS_KEY, volume)
            grant = {
                "keyId": c.DISKS_KEY.arn,
                "granteePrincipal": f"arn:aws:sts::{c.SHOP}:assumed-role/aws:ec2-infrastructure/{c.SERVERS[0]}",
                "retiringPrincipal": f"ec2.{c.HOME}.amazonaws.com",
                "operations": ["Decrypt"],
                "constraints": {"encryptionContextSubset": volume},
            }
            answer = {"grantId": c.identifier(f"grant {day}", 64), "keyId": c.DISKS_KEY.arn}
            journal.note(
                time,
                deployer,
                "kms",
                "CreateGrant",
                c.HOME,
                asked=grant,
                answer=answer,
                keys=[c.DISKS_KEY],
                writes="writes",
            )
            role = c.Role("aws:ec2-infrastructure", c.SHOP)
            journal.use(
                time, through(role.session(c.SERVERS[0], iso(time)), "AWS Internal"), "Decrypt", c.DISKS_KEY, volume
            )
