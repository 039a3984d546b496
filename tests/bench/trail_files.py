"""Log files for the benchmark: generated, real-shaped, 2,000 records of about 1.4 kB a file, one file in 8 twice.

A real account's trail holds hundreds of kinds of calls, each with parameters of its own. So do these: the operations
and the names of their parameters are those of botocore's models, the values are made up.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

from botocore.session import get_session

RECORDS_A_FILE = 2000
ACCOUNT = "111122223333"
REGION = "eu-west-1"
SESSIONS = 300  # role sessions at work at a time; of these some end and others begin with each file
SERVICES = ("kms", "s3", "sts", "ec2", "dynamodb", "lambda", "secretsmanager", "ssm", "sqs", "logs", "rds", "ecs")
OPERATIONS = 24  # of each service
DEEPEST = 3
AGENT = (
    "aws-sdk-java/2.25.60 Linux/5.10.230-223.885.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.9 Java/17.0.9 md/internal"
)


def kinds() -> list[tuple[str, str, Any]]:
    """Event source, event name and the shape of its parameters, for each kind of event."""
    session = get_session()
    found = []
    for service in SERVICES:
        model = session.get_service_model(service)
        for name in list(model.operation_names)[:OPERATIONS]:
            found.append((f"{service}.amazonaws.com", name, model.operation_model(name).input_shape))
    return found


def value(chance: random.Random, shape: Any, depth: int) -> Any:
    """A value of this shape: of a structure, what is required and some of the rest."""
    if shape.type_name == "structure":
        if depth == DEEPEST:
            return {}
        required = shape.required_members
        names = [name for name in shape.members if name in required or chance.random() < 0.25]
        return {name[0].lower() + name[1:]: value(chance, shape.members[name], depth + 1) for name in names[:8]}
    if shape.type_name == "list":
        return [] if depth == DEEPEST else [value(chance, shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"team": "blue"}
    if shape.type_name == "boolean":
        return chance.random() < 0.5
    if shape.type_name in ("integer", "long", "double", "float"):
        return chance.randrange(1000)
    return f"example-{chance.getrandbits(40):010x}"


def record(chance: random.Random, at: int, kind: tuple[str, str, Any]) -> dict[str, Any]:
    """One record, with the members and the order of CloudTrail's."""
    source, name, shape = kind
    number = at // RECORDS_A_FILE * 20 + chance.randrange(SESSIONS)
    role, session, principal = f"Worker{number % 20}", f"i-{number:017x}", f"AROA{number % 20:017}"
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{chance.randrange(40):08x}-1234-4321-8765-0123456789ab"
    moment = f"2026-01-{1 + at // 40_000 % 28:02}T{at // 1700 % 24:02}:{at // 60 % 60:02}:{at % 60:02}Z"
    reads = name.startswith(("Get", "List", "Describe", "Decrypt", "Encrypt", "Generate", "Head"))
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"{principal}:{session}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
            "accountId": ACCOUNT,
            "accessKeyId": f"ASIA{number:016X}",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": principal,
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                    "accountId": ACCOUNT,
                    "userName": role,
                },
                "attributes": {"creationDate": f"{moment[:11]}00:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": moment,
        "eventSource": source,
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": f"192.0.2.{number % 256}",
        "userAgent": AGENT,
        **({"errorCode": "AccessDenied", "errorMessage": "Access Denied"} if at % 11 == 0 else {}),
        "requestParameters": value(chance, shape, 0) if shape else None,
        "responseElements": None if reads else {"requestId": f"{chance.getrandbits(128):032x}", "return": True},
        **({"additionalEventData": {"keyMaterialId": f"{chance.getrandbits(256):064x}"}} if at % 3 == 0 else {}),
        "requestID": f"{chance.getrandbits(128):032x}",
        "eventID": f"{chance.getrandbits(128):032x}",
        "readOnly": reads,
        **({"resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}]} if at % 3 == 0 else {}),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_256_GCM_SHA384",
            "clientProvidedHostHeader": f"{source.partition('.')[0]}.{REGION}.amazonaws.com",
        },
    }


def write(folder: Path, records: int) -> int:
    """Files of so many records; every eighth file comes a second time under another name. How many were written."""
    chance = random.Random("trail benchmark")
    all_kinds = kinds()
    written = 0
    for number in range(0, records, RECORDS_A_FILE):
        found = [record(chance, number + at, chance.choice(all_kinds)) for at in range(RECORDS_A_FILE)]
        content = gzip.compress(json.dumps({"Records": found}, separators=(",", ":")).encode(), 6)
        minute = number // RECORDS_A_FILE
        for letter in "AB" if minute % 8 == 7 else "A":
            stamp = f"202601{1 + minute // 288 % 28:02}T{minute // 12 % 24:02}{minute % 12 * 5:02}Z"
            name = f"{ACCOUNT}_CloudTrail_{REGION}_{stamp}_{letter * 16}.json.gz"
            (folder / name).write_bytes(content)
            written += len(found)
    return written
