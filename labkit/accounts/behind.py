"""What stands behind a lab: a cloud behind an endpoint (`Remote`), or a real account."""

from __future__ import annotations

from typing import Any, Protocol


class Behind(Protocol):
    """Where a lab's clock, events and explanations come from."""

    @property
    def endpoint(self) -> str:
        """The address that clients call; "" for AWS's own."""
        ...

    @property
    def token(self) -> str:
        """The control token; "" where there is none."""
        ...

    def end(self, successor: str) -> None:
        """End the lab: another one has begun in this process."""
        ...

    def require(self) -> None:
        """LabError where the lab is over."""
        ...

    def get(self, name: str, /, **query: str) -> Any:
        """Ask a question; returns its answer."""
        ...

    def post(self, name: str, /, **body: Any) -> Any:
        """Send a request that changes something; returns its answer."""
        ...
