"""S3 behind moto, with server-side encryption that really uses KMS keys.

Every object has an encryption. One under a KMS key is written after a GenerateDataKey and read after a Decrypt, both
made for the caller: authorized, recorded, and refused when the key's policy or state says so. The bytes themselves
are moto's; nothing here lets them out without that Decrypt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeBucket, FakeKey

from ...core.call import Call
from ...core.clock import Clock
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse, with_headers
from .answers import answered, rewritten, with_body
from .attributes import add_checksums, attributes_of
from .bodies import claim_of, plain
from .browsers.form_answers import form_answer
from .browsers.form_policies import check_policy
from .checksums import DEFAULT, known_algorithm, of_content, of_object, of_write
from .cors import told_to_browsers
from .deletes import delete_several
from .encryption import ObjectEncryption, check_default
from .headers import SSE_S3
from .kept import Kept
from .keys import ObjectKeys
from .objects import Place, find_bucket, find_object, place_of, source_of
from .presence import check_presence
from .ranges import Span, check_one_of_two, span_of_part, span_of_range
from .reencryption import Reencryption
from .requests import check_request
from .uploads import Multipart
from .versions import as_moto_takes_it, delete, reading, told_of_versions, without, writing

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
Operation = Callable[[Call, FakeBucket, HttpRequest, Onward], HttpResponse]
# moto takes these for a PutObject.
_NOT_SIMULATED = frozenset({"RenameObject"})
_UNCONFIGURED = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": SSE_S3}, "BucketKeyEnabled": "false"}}


class S3:
    """The wrap round moto's S3."""

    def __init__(self, gateway: Gateway, kms: Kms, clock: Clock) -> None:
        self._demand = gateway.demand
        self._keys = ObjectKeys(gateway, kms, clock)
        self._kept = Kept()
        multipart = Multipart(self._keys, self._kept, self._read_source)
        self._operations: dict[str, Operation] = {
            "CompleteMultipartUpload": multipart.complete,
            "CopyObject": self._copy,
            "CreateMultipartUpload": multipart.create,
            "DeleteObject": delete,
            "DeleteObjects": delete_several,
            "GetBucketEncryption": self._get_default,
            "GetObject": self._get,
            "GetObjectAttributes": self._attributes,
            "HeadObject": self._get,
            "ListObjectVersions": self._list,
            "ListObjects": self._list,
            "ListObjectsV2": self._list,
            "ListMultipartUploads": multipart.list_uploads,
            "ListParts": multipart.list_parts,
            "PutBucketEncryption": self._put_default,
            "PutObject": self._put,
            "PutObjectTagging": self._put_tags,
            "SelectObjectContent": self._select,
            "UpdateObjectEncryption": Reencryption(self._keys, self._kept).update,
            "UploadPart": multipart.upload_part,
            "UploadPartCopy": multipart.upload_part,
        }

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer an S3 call."""
        request = plain(call.http or request)  # what was read of it: a browser's form has been made a PutObject
        check_request(call, request)
        if request.form is not None and "policy" in request.form.fields:
            check_policy(request.form, datetime.now(UTC))
        bucket = find_bucket(call.params.get("Bucket", ""))
        if call.operation in _NOT_SIMULATED:
            raise AwsError("NotImplemented", f"The simulated account does not do s3:{call.operation}.", 501)
        if bucket is None:  # moto says NoSuchBucket
            return onward(request)
        check_presence(call, bucket, self._demand)
        operation = self._operations.get(call.operation)
        request = as_moto_takes_it(bucket, request)
        if operation is not None:
            response = operation(call, bucket, request, onward)
            response = told_of_versions(call, bucket, response, self._read(call, bucket))
            if request.form is not None:
                response = form_answer(request.form, bucket.region_name, response)
            return told_to_browsers(bucket, call.http or request, response)
        with reading(bucket):
            response = told_of_versions(call, bucket, onward(request))
        return told_to_browsers(bucket, call.http or request, response)

    def keep(self, stored: FakeKey, encryption: ObjectEncryption, request_id: str = "") -> None:
        """Keep how an object is encrypted that a service of AWS has put itself."""
        self._kept.write(stored, encryption, request_id)

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _put(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        claim = claim_of(request.headers, request.body)
        encryption = self._keys.encrypt(call, bucket)
        with writing(bucket, call.params["Key"]):
            response = onward(request)
        if response.status >= 300:
            return response
        stored = bucket.keys[call.params["Key"]]
        checksum = of_write(claim, request.body)
        self._kept.write(stored, encryption, call.request_id, checksum)
        return answered(response, encryption.headers(), checksum.headers(), {"ETag": stored.etag})

    def _copy(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Decrypt what is copied, encrypt the copy: its encryption does not come with the object (recorded).

        Its checksum does, but of the whole object, unless the request asks for another algorithm (recorded).
        """
        asked = call.params.get("ChecksumAlgorithm")
        algorithm = known_algorithm(asked) if asked else None
        kept = of_object(self._read_source(call))
        encryption = self._keys.encrypt(call, bucket)
        with writing(bucket, call.params["Key"]):
            response = onward(request)
        if response.status >= 300:
            return response
        stored = bucket.keys[call.params["Key"]]
        checksum = of_content(stored.value, algorithm or (kept.algorithm if kept else DEFAULT))
        self._kept.write(stored, encryption, call.request_id, checksum)
        told = {"ETag": stored.etag, "LastModified": stored.last_modified} | checksum.members()
        return answered(with_body(call, response, {"CopyObjectResult": told}), encryption.headers())

    # --- Reading -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """GetObject and HeadObject. Metadata are not encrypted; a checksum is (HeadObject, ChecksumMode)."""
        number = call.params.get("PartNumber")
        check_one_of_two(request.headers.get("range"), number)
        stored = self._object(bucket, place_of(call))
        shows_checksum = call.params.get("ChecksumMode") == "ENABLED"
        plain_headers = {name: value for name, value in request.headers.items() if name != "range"}
        with reading(bucket):
            response = onward(without(replace(request, headers=plain_headers), "partNumber"))
        if response.status >= 300:
            return response
        encryption = self._kept.encryption_of(stored)
        parts = self._kept.parts_of(stored)
        if number is None:
            span = span_of_range(request.headers.get("range"), stored.size)
        else:
            span = span_of_part(number, [part.size for part in parts] or [stored.size])
        if call.operation == "GetObject" or shows_checksum:
            self._keys.decrypt(call, bucket, encryption)
        checksum = of_object(stored) if span is None or span.whole else None
        if number is not None and parts:
            checksum = parts[number - 1].checksum or checksum
        shown = checksum.headers() if checksum is not None and shows_checksum else {}
        counted = {"x-amz-mp-parts-count": str(len(parts))} if parts and number is not None else {}
        return _cut(answered(response, encryption.headers(), shown, counted), span)

    def _attributes(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        response = onward(request)
        if response.status >= 300:
            return response
        stored = self._object(bucket, place_of(call))
        asked = request.headers.get("x-amz-object-attributes", "")
        return with_body(call, response, attributes_of(stored, self._kept.parts_of(stored), asked, call.params))

    def _select(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        response = onward(request)
        if response.status < 300:
            self._keys.decrypt(call, bucket, self._kept.encryption_of(self._object(bucket, place_of(call))))
        return response

    def _list(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        response = onward(request)
        if response.status >= 300:
            return response
        return rewritten(call, response, lambda result: add_checksums(bucket, result))

    def _read(self, call: Call, bucket: FakeBucket) -> FakeKey | None:
        """The object whose version the answer tells."""
        reads = call.operation in ("GetObject", "HeadObject", "GetObjectAttributes")
        return self._object(bucket, place_of(call)) if reads else None

    def _read_source(self, call: Call) -> FakeKey:
        """Decrypt what a copy reads."""
        source = source_of(call)
        bucket = find_bucket(source.bucket) if source is not None else None
        assert source is not None
        assert bucket is not None, "its presence was checked"
        stored = self._object(bucket, source)
        self._keys.decrypt(call, bucket, self._kept.encryption_of(stored))
        return stored

    def _object(self, bucket: FakeBucket, place: Place) -> FakeKey:
        stored = find_object(bucket, place)
        assert stored is not None, "its presence was checked"
        return stored

    def _put_tags(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """An empty set takes the tags away, which moto does in another way alone."""
        if (call.params.get("Tagging") or {}).get("TagSet"):
            return onward(request)
        return replace(onward(replace(request, method="DELETE", body=b"")), status=200)

    # --- The bucket's default ----------------------------------------------------------------------------------------

    def _put_default(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        check_default(call.params)
        response = onward(request)
        if response.status < 300:
            self._keys.blocked.set(bucket, call.params["ServerSideEncryptionConfiguration"]["Rules"][0])
        return response

    def _get_default(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A bucket that nobody has configured says SSE-S3 (recorded); all tell what they block, since April 2026."""
        configured = bucket.encryption
        bucket.encryption = configured or _UNCONFIGURED
        try:
            response = onward(request)
        finally:
            bucket.encryption = configured
        if response.status >= 300:
            return response
        return rewritten(call, response, lambda told: _add_blocked(told, self._keys.blocked.told(bucket)))


def _add_blocked(told: dict[str, Any], blocked: dict[str, list[str]]) -> None:
    for rule in told["ServerSideEncryptionConfiguration"]["Rules"]:
        rule["BlockedEncryptionTypes"] = blocked


def _cut(response: HttpResponse, span: Span | None) -> HttpResponse:
    """The answer with these bytes alone; of a HEAD, with their number."""
    if span is None:
        return response
    told = {"Content-Range": span.content_range, "content-length": str(span.last - span.first + 1)}
    return replace(with_headers(response, told), status=206, body=response.body[span.first : span.last + 1])
