"""A browser's form as the PutObject that it stands for, and the signature that it carries. Pure.

Sources: S3 API Reference, "POST Object" (which fields are an object's headers), "Authenticating requests in
browser-based uploads using POST"; missing fields, tags and text outside US-ASCII recorded from the real service
(LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from ..core.errors import MALFORMED_XML, AwsError
from .forms import Form, missing_field, read_form
from .protocols import HttpRequest

_V4 = {
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signature": "X-Amz-Signature",
}
_V2 = {"awsaccesskeyid": "AWSAccessKeyId", "signature": "Signature"}
_OBJECT_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-md5", "content-type", "expires")
_AMZ_HEADERS = (
    "x-amz-acl",
    "x-amz-checksum-",
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_META = "x-amz-meta-"


def from_browser(request: HttpRequest) -> HttpRequest:
    """Return the PutObject that an unsigned POST to a bucket stands for; any other request as it is."""
    bucket = request.path.strip("/")
    signed = "authorization" in request.headers or "X-Amz-Credential=" in request.query
    if request.method != "POST" or request.query or signed or not bucket or "/" in bucket:
        return request
    form = read_form(bucket, request.headers.get("content-type", ""), request.body)
    _check_signature_fields(form)
    kept = {name: value for name, value in request.headers.items() if not name.startswith(("content-", "x-amz-"))}
    headers = kept | _headers_of(form) | {"content-length": str(len(form.content))}
    path = f"/{bucket}/{quote(form.key, safe='/~')}"
    return replace(request, method="PUT", path=path, headers=headers, body=form.content, form=form)


def _check_signature_fields(form: Form) -> None:
    """All of a signature's fields, or none: then nobody has signed."""
    for names in (_V4, _V2):
        if any(name in form.fields for name in names):
            for name, shown in names.items():
                if not form.fields.get(name):
                    raise missing_field(shown)
            if not form.fields.get("policy"):
                raise missing_field("policy")


def _headers_of(form: Form) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in form.fields.items():
        if name in _OBJECT_HEADERS:
            headers[name] = _one_line(value)
        elif name.startswith(_META):
            headers[name] = _as_mail(value)
        elif name.startswith(_AMZ_HEADERS):  # and no other: a source to copy would make another call of it
            headers[name] = _one_line(value)
    if "acl" in form.fields:
        headers["x-amz-acl"] = _one_line(form.fields["acl"])
    if "tagging" in form.fields:
        headers["x-amz-tagging"] = _tags(form.fields["tagging"])
    return headers


def _tags(document: str) -> str:
    """The tags of the XML document, as the header has them; another document has none (recorded)."""
    try:
        tree = ElementTree.fromstring(document)  # noqa: S314 - no entities are resolved beyond expat's limits
    except ElementTree.ParseError:
        raise AwsError("MalformedXML", MALFORMED_XML) from None
    found = tree.iterfind("{*}TagSet/{*}Tag")
    return urlencode([(tag.findtext("{*}Key", ""), tag.findtext("{*}Value", "")) for tag in found])


def _one_line(value: str) -> str:
    """A header's value: what Latin-1 lacks becomes a space (recorded), and so do ends of lines."""
    return "".join(" " if each in "\r\n" or ord(each) > 0xFF else each for each in value)


def _as_mail(value: str) -> str:
    """User metadata outside US-ASCII as RFC 2047 has it (recorded)."""
    if value.isascii():
        return _one_line(value)
    safe = {each for each in map(chr, range(0x21, 0x7F)) if each not in "=?_"}
    encoded = "".join(
        each if each in safe else "_" if each == " " else "".join(f"={byte:02X}" for byte in each.encode())
        for each in value
    )
    return f"=?UTF-8?Q?{encoded}?="
