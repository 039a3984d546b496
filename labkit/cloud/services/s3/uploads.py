"""Multipart uploads of S3: one data key for the whole upload, a checksum as the client planned it, and parts to read.

Sources: S3 API Reference, CreateMultipartUpload and CompleteMultipartUpload ("Permissions"); S3 User Guide, "Checking
object integrity for multipart uploads"; answers and refusals recorded from the real service (LocalStack's validated
snapshots, 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.models import FakeBucket, FakeMultipart

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from .answers import answered, rewritten, with_body
from .bodies import claim_of
from .checksums import COMPOSITE, PREFIX, WHOLE, Checksum, keep, of_object, of_part, of_upload, plan_of
from .encryption import refuse_customer_keys
from .headers import invalid
from .kept import Kept, Part, Upload, hide_content
from .keys import ObjectKeys
from .objects import find_bucket, find_object, source_of
from .ranges import check_copied_range, check_part_number
from .upload_checks import check_completion
from .versions import writing

Onward = Callable[[HttpRequest], HttpResponse]


class Multipart:
    """The operations of a multipart upload. `read_source` decrypts what UploadPartCopy reads."""

    def __init__(self, keys: ObjectKeys, kept: Kept, read_source: Callable[[Call], object]) -> None:
        self._keys = keys
        self._kept = kept
        self._read_source = read_source

    def create(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Return one data key for the whole upload, made here (CreateMultipartUpload, "Permissions")."""
        plan = plan_of(request.headers)
        encryption = self._keys.encrypt(call, bucket)
        before = set(bucket.multiparts)
        response = onward(request)
        if response.status >= 300:
            return response
        for upload_id in set(bucket.multiparts) - before:
            multipart = bucket.multiparts[upload_id]
            self._kept.uploads[multipart] = Upload(encryption, plan)
            if plan.asked:  # ListMultipartUploads shows it
                multipart.metadata[f"{PREFIX}type"] = plan.kind
        return answered(response, encryption.headers(), plan.headers())

    def upload_part(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Ask kms:Decrypt on the upload's data key for each part (CreateMultipartUpload, "Permissions")."""
        check_part_number(call.params["PartNumber"])
        multipart, upload = self._upload(call, bucket)
        arn = f"arn:aws:s3:::{bucket.name}/{call.params['Key']}"
        refuse_customer_keys(call, "s3:PutObject", arn, blocked=self._keys.blocked.blocks(bucket))
        source = source_of(call)
        if source is not None:
            copied = find_bucket(source.bucket)
            stored = find_object(copied, source) if copied is not None else None
            check_copied_range(call.params.get("CopySourceRange"), stored.size if stored is not None else 0)
            self._read_source(call)
        claim = None if source is not None else claim_of(request.headers, request.body)
        of_part(upload.plan, claim, b"")  # another algorithm than the upload's is refused before the part is taken
        self._keys.decrypt(call, bucket, upload.encryption)
        response = onward(request)
        if response.status >= 300:
            return response
        part = multipart.parts[call.params["PartNumber"]]
        value = of_part(upload.plan, claim, part.value)
        keep(part, Checksum(upload.plan.algorithm, value) if value else None)
        hide_content(part, upload.encryption, call.request_id)
        if source is not None:
            told = {f"Checksum{upload.plan.algorithm}": value} if value else {}
            result = {"CopyPartResult": {"ETag": part.etag, "LastModified": part.last_modified} | told}
            return answered(with_body(call, response, result), upload.encryption.headers())
        shown = (claim.algorithm, claim.value) if claim else (upload.plan.algorithm, value)
        checksum = {f"{PREFIX}{shown[0].lower()}": shown[1]} if shown[1] else {}
        return answered(response, upload.encryption.headers(), checksum, {"ETag": part.etag})

    def complete(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """kms:Decrypt is asked for where parts have checksums (CompleteMultipartUpload, "Permissions")."""
        upload_id = call.params["UploadId"]
        multipart = bucket.multiparts.get(upload_id)
        if multipart is None:  # completed before: moto answers once more
            return onward(request)
        _, upload = self._upload(call, bucket)
        given = (call.params.get("MultipartUpload") or {}).get("Parts") or []
        check_completion(request.headers, upload_id, multipart, upload.plan, given)
        if upload.plan.asked:
            self._keys.decrypt(call, bucket, upload.encryption)
        taken = [multipart.parts[each["PartNumber"]] for each in given]
        checksum = of_upload(upload.plan, [part.value for part in taken])  # moto lets go of the parts
        parts = tuple(Part(part.size, _of_part(part, checksum)) for part in taken)
        with writing(bucket, call.params["Key"]):
            response = onward(request)
        if response.status >= 300:
            return response
        stored = bucket.keys[call.params["Key"]]
        self._kept.write(stored, upload.encryption, call.request_id, checksum, parts)
        result: dict[str, Any] = {
            "Location": f"https://{bucket.name}.s3.amazonaws.com/{stored.name}",
            "Bucket": bucket.name,
            "Key": stored.name,
            "ETag": stored.etag,
        }
        # Recorded: under a KMS key nothing is told of a checksum that S3 made of its own accord.
        told = checksum.members() if upload.plan.asked or not upload.encryption.uses_kms else {}
        return answered(with_body(call, response, result | told), upload.encryption.headers())

    def list_uploads(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Refuse an upload-id marker that is not of an upload of the key marker (recorded); alone it is ignored."""
        key, marker = call.params.get("KeyMarker"), call.params.get("UploadIdMarker")
        if key and marker and getattr(bucket.multiparts.get(marker), "key_name", None) != key:
            raise invalid("Invalid uploadId marker", "upload-id-marker", marker)
        return onward(request)

    def list_parts(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Return the parts with their checksums, where the upload asked for them (recorded)."""
        multipart, upload = self._upload(call, bucket)
        self._keys.decrypt(call, bucket, upload.encryption)
        response = onward(request)
        if response.status >= 300 or not upload.plan.asked:
            return response

        def add(result: dict[str, Any]) -> None:
            result |= {"ChecksumAlgorithm": upload.plan.algorithm, "ChecksumType": upload.plan.kind}
            for each in result.get("Parts", []):
                checksum = of_object(multipart.parts[each["PartNumber"]])
                each |= {f"Checksum{checksum.algorithm}": checksum.value} if checksum else {}

        return rewritten(call, response, add)

    def _upload(self, call: Call, bucket: FakeBucket) -> tuple[FakeMultipart, Upload]:
        multipart = bucket.multiparts.get(call.params["UploadId"])
        upload = self._kept.uploads.get(multipart) if multipart is not None else None
        if multipart is None or upload is None:
            raise AwsError(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                "aborted or completed.",
                404,
                UploadId=call.params["UploadId"],
            )
        return multipart, upload


def _of_part(part: Any, checksum: Checksum) -> Checksum | None:
    """What a read of this part tells: with a composite checksum each part has its own (recorded)."""
    own = of_object(part)
    if checksum.kind == WHOLE or own is None:
        return None
    return Checksum(own.algorithm, own.value, COMPOSITE)
