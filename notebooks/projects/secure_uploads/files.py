"""One tenant's files: links to put one, links to get one, the list. Touches S3 with the clients that it is given.

A link to put a file holds all that S3 is to check: the place, the key, the encryption context, the length, the
checksum, and that the name is free. They are signed, so a browser that sends anything else is refused by S3.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

LARGEST = 10 * 1024 * 1024
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
KIND = "application/octet-stream"
"""Every file is stored as plain bytes: no browser takes it for a page."""


class Refused(ValueError):
    """The site does not do what it was asked for. The name of the class is the error's code."""


class BadName(Refused):
    """A name has letters, digits, spaces, dots, hyphens and underscores, and begins with a letter or a digit."""


class TooLarge(Refused):
    """A file has 1 byte to 10 MiB."""


class BadSum(Refused):
    """A checksum is the SHA-256 of the file, in base64."""


class NoSuchFile(Refused):
    """There is no file of that name among the tenant's own."""


@dataclass(frozen=True)
class Upload:
    """What a browser needs for a PUT: the link, and the headers that are signed with it."""

    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Files:
    """The files of one tenant. `s3` is a client of the tenant's session; a link holds for `seconds`."""

    tenant: str
    bucket: str
    key: str
    s3: Any
    seconds: int = 60

    def upload(self, name: str, size: int, sha256: str) -> Upload:
        """Sign a link for exactly this file. Raises BadName, TooLarge, BadSum."""
        _check(name, size, sha256)
        context = base64.b64encode(json.dumps({"tenant": self.tenant}).encode()).decode()
        asked = {
            **self._place(name),
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": self.key,
            "SSEKMSEncryptionContext": context,
            "ContentType": KIND,
            "ContentDisposition": f'attachment; filename="{name}"',
            "ContentLength": size,
            "ChecksumSHA256": sha256,
            "IfNoneMatch": "*",
        }
        url = self.s3.generate_presigned_url("put_object", Params=asked, ExpiresIn=self.seconds)
        headers = {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": self.key,
            "x-amz-server-side-encryption-context": context,
            "content-type": KIND,
            "content-disposition": f'attachment; filename="{name}"',
            "x-amz-checksum-sha256": sha256,
            "if-none-match": "*",
        }  # the browser itself sends content-length, and lets no script do it
        return Upload(url, headers)

    def download(self, name: str) -> str:
        """Sign a link to get a file, which browsers save and don't show. Raises BadName, NoSuchFile."""
        if not SAFE.fullmatch(name):
            raise BadName(BadName.__doc__)
        try:
            self.s3.head_object(**self._place(name))
        except ClientError as refused:
            if refused.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
                raise
            raise NoSuchFile(NoSuchFile.__doc__) from None
        asked = {**self._place(name), "ResponseContentDisposition": f'attachment; filename="{name}"'}
        url: str = self.s3.generate_presigned_url("get_object", Params=asked, ExpiresIn=self.seconds)
        return url

    def listed(self) -> list[tuple[str, int]]:
        """List the names and sizes of the tenant's files."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.tenant}/")
        found = [each for page in pages for each in page.get("Contents", [])]
        return [(each["Key"].removeprefix(f"{self.tenant}/"), each["Size"]) for each in found]

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.tenant}/{name}"}


def _check(name: object, size: object, sha256: object) -> None:
    if not isinstance(name, str) or not SAFE.fullmatch(name):
        raise BadName(BadName.__doc__)
    if type(size) is not int or not 0 < size <= LARGEST:
        raise TooLarge(TooLarge.__doc__)
    try:
        if not isinstance(sha256, str) or len(base64.b64decode(sha256, validate=True)) != 32:
            raise BadSum(BadSum.__doc__)
    except binascii.Error:
        raise BadSum(BadSum.__doc__) from None
