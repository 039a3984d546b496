"""What a browser gets for a form that was stored: nothing, a document, or another page.

Pure. Sources: S3 API Reference, "POST Object" (success_action_status, success_action_redirect); recorded from the real
service (LocalStack's validated snapshots, 2026): a redirection that is no URL is as none.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from ....wire.forms import Form
from ....wire.protocols import HttpResponse, with_headers

_HOME = "us-east-1"


def form_answer(form: Form, region: str, response: HttpResponse) -> HttpResponse:
    """Return the answer to the form in place of that to a PutObject. `region` is the bucket's."""
    if response.status >= 300:
        return response
    etag = next(value for name, value in response.headers.items() if name.lower() == "etag")
    target = form.fields.get("success_action_redirect") or form.fields.get("redirect") or ""
    if _is_url(target):
        query = urlencode({"bucket": form.bucket, "key": form.key, "etag": etag})
        location = f"{target}{'&' if urlsplit(target).query else '?'}{query}"
        return replace(with_headers(response, {"Location": location, "Content-Length": "0"}), status=303, body=b"")
    host = f"{form.bucket}.s3.amazonaws.com" if region == _HOME else f"{form.bucket}.s3.{region}.amazonaws.com"
    location = f"https://{host}/{quote(form.key, safe='/~')}"
    told = with_headers(response, {"Location": location})
    status = form.fields.get("success_action_status", "")
    if status != "201":
        return replace(told, status=200 if status == "200" else 204, body=b"")
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<PostResponse><Location>{escape(location)}</Location><Bucket>{form.bucket}</Bucket>"
        f"<Key>{escape(form.key)}</Key><ETag>{escape(etag)}</ETag></PostResponse>"
    ).encode()
    headers = {"Content-Type": "application/xml", "Content-Length": str(len(document))}
    return replace(with_headers(told, headers), status=201, body=document)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isascii() and text.isprintable()
