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
    "4-parts": parts_picture(
        "A file on its way from a tenant's browser into the bucket",
        {
            "browser": Part(["browser", "page of a tenant"], 0, 0),
            "site": Part(["site", "role UploadService"], 1, 0),
            "session": Part(["session of the tenant", "role UploadTenant, tagged"], 2, 0, "aws"),
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
