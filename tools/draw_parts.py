"""Draws the pictures of the projects' parts: notebooks/projects/images/N-parts.svg.

`python -m tools.draw_parts` writes them all. Add a project's parts to PICTURES.
"""

from __future__ import annotations

from pathlib import Path

from labkit.pictures.parts import Arrow, Part, parts_picture

IMAGES = Path(__file__).resolve().parent.parent / "notebooks" / "projects" / "images"
PICTURES = {
    "1-parts": parts_picture(
        "Log files on their way into the bucket, and to the auditor",
        {
            "spool": Part(["spool folder", "rotated log files"], 0, 0),
            "shipper": Part(["shipper", "role LogShipper"], 1, 0),
            "key": Part(["KMS key", "log archive"], 2, 0, "key"),
            "outbox": Part(["outbox folder", "sealed files"], 0, 1),
            "bucket": Part(["S3 bucket", "new *.sealed objects only"], 1, 1, "aws"),
            "auditor": Part(["auditor", "role LogAuditor"], 2, 1),
        },
        [
            Arrow("spool", "shipper", "log file"),
            Arrow("shipper", "key", "GenerateDataKey", "context: app, file"),
            Arrow("shipper", "bucket", "PutObject, once"),
            Arrow("bucket", "auditor", "GetObject"),
            Arrow("auditor", "key", "Decrypt", "same context"),
            Arrow("spool", "outbox", "sealed, then renamed"),
        ],
    ),
    "2-parts": parts_picture(
        "A release on its way into the function, and the key that it opens with",
        {
            "deployer": Part(["deployer", "role Deployer"], 0, 0),
            "key": Part(["KMS key", "its policy names all users"], 1, 0, "key"),
            "admin": Part(["administrator", "cannot decrypt"], 2, 0),
            "version": Part(["Lambda version", "sealed settings, release"], 0, 1, "aws"),
            "function": Part(["function", "role ReportRole"], 1, 1, "aws"),
            "alias": Part(["alias live", "leads to one version"], 2, 1, "aws"),
        },
        [
            Arrow("deployer", "key", "Encrypt", "function, release"),
            Arrow("admin", "key", "PutKeyPolicy", "and revoke"),
            Arrow("deployer", "version", "PublishVersion"),
            Arrow("version", "function", "a cold start"),
            Arrow("function", "key", "Decrypt, same context"),
            Arrow("alias", "function", "Invoke"),
        ],
    ),
    "3-parts": parts_picture(
        "API keys on their way into the table, and found again",
        {
            "issuer": Part(["issuer", "role Issuer"], 0, 0),
            "kms": Part(["KMS keys", "for HMACs, for sealing"], 1, 0, "key"),
            "verifier": Part(["verifier", "role Verifier"], 2, 0),
            "mover": Part(["mover", "role Mover, for a move"], 0, 1),
            "table": Part(["DynamoDB table", "pointers and entries"], 1, 1, "aws"),
            "support": Part(["support", "no KMS key at all"], 2, 1),
        },
        [
            Arrow("issuer", "kms", "GenerateMac,", "Encrypt"),
            Arrow("verifier", "kms", "GenerateMac"),
            Arrow("kms", "table", "HMAC: pointer", "ciphertext: entry"),
            Arrow("mover", "table", "opens and seals", "anew"),
            Arrow("support", "table", "revokes"),
        ],
    ),
    "5-parts": parts_picture(
        "Keys that are watched: who is told of trouble, and what renews them",
        {
            "trail": Part(["trail", "events and log group"], 0, 0, "aws"),
            "rules": Part(["EventBridge rule", "and alarms"], 1, 0, "aws"),
            "topic": Part(["encrypted topic", "key-alerts"], 2, 0, "aws"),
            "schedule": Part(["EventBridge rule", "rate(90 days)"], 0, 1, "aws"),
            "function": Part(["function", "role KeyRotator"], 1, 1),
            "oncall": Part(["queue", "of the person on call"], 2, 1),
            "keys": Part(["KMS keys", "tag watch=yes"], 1, 2, "key"),
        },
        [
            Arrow("trail", "rules", "records"),
            Arrow("rules", "topic", "messages", "under the key alerts"),
            Arrow("topic", "oncall", "sent on"),
            Arrow("schedule", "function", "each quarter"),
            Arrow("function", "keys", "rotate, replace"),
        ],
    ),
    "4-parts": parts_picture(
        "A file on its way from a tenant's browser into the bucket",
        {
            "browser": Part(["browser", "page of a tenant"], 0, 0),
            "site": Part(["site", "role UploadService"], 1, 0),
            "session": Part(["tenant's session", "role UploadTenant, tagged"], 2, 0, "aws"),
            "bucket": Part(["S3 bucket", "a folder for each tenant"], 0, 1, "aws"),
            "key": Part(["KMS key", "one for each tenant"], 1, 1, "key"),
        },
        [
            Arrow("browser", "site", "token, name, size", "and checksum"),
            Arrow("site", "session", "AssumeRole", "tag: tenant"),
            Arrow("browser", "bucket", "PUT, by a signed link"),
            Arrow("bucket", "key", "GenerateDataKey", "context: tenant"),
        ],
    ),
}


def main() -> None:
    """Write every picture."""
    IMAGES.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (IMAGES / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
