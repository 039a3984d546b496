"""waitress, made to send the names of headers as they were given.

waitress writes `x-amz-meta-signature` as `X-Amz-Meta-Signature`; S3 sends its names in lower case, and an SDK takes
the key of an object's metadata from the name as it comes: `signature` would be `Signature`.
"""

from __future__ import annotations

from waitress.channel import HTTPChannel
from waitress.task import WSGITask


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """Writes an answer's head."""

    def build_response_header(self) -> bytes:
        """waitress's head, with the names put back."""
        given = [name for name, _ in self.response_headers]
        head: bytes = super().build_response_header()
        for name in given:
            changed = "-".join(part.capitalize() for part in name.split("-"))
            head = head.replace(f"\r\n{changed}: ".encode("latin-1"), f"\r\n{name}: ".encode("latin-1"))
        return head


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose answers keep the names of their headers."""

    task_class = _Task
