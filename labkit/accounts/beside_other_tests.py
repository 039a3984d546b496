"""An account in a process that also runs other tests: with moto's `mock_aws`, or with clients made long before.

While it is open, a mix that would go wrong in silence is an error that says so. Afterwards the process is as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import moto.core.models
from botocore.httpsession import URLLib3Session

from ..cloud.moto.backends import leave
from ..errors import LabError
from .addresses import is_aws
from .only_here import go_out, stays_here

BOTH = (
    "moto's mock_aws and labkit's account don't go together in one test: mock_aws would empty the account, which keeps "
    "its roles and buckets in moto. Take one of them in each test; both may be in one test run."
)


@contextmanager
def beside_other_tests() -> Iterator[None]:
    """Keep calls of clients made before from AWS, and `mock_aws` from the account; LabError where one of them comes."""
    if moto.core.models.MockAWS._mocks_active:
        raise LabError(BOTH)
    send, stayed = URLLib3Session.send, stays_here()

    def no_mock(*_: Any, **__: Any) -> None:
        raise LabError(BOTH)

    def stay_here(session: URLLib3Session, request: Any) -> Any:
        if is_aws(request.url.replace("http://", "https://", 1), ""):
            raise LabError(
                f"A client that was made before the test's account calls {urlsplit(request.url).hostname}, the real "
                "AWS. Nothing was sent. Make it within the test, or put a new one in its place there: "
                'monkeypatch.setattr(app, "kms", boto3.client("kms")).'
            )
        return send(session, request)

    try:
        with (
            patch.object(moto.core.models.MockAWS, "start", no_mock),
            patch.object(URLLib3Session, "send", stay_here),
        ):
            yield
    finally:
        if not stayed:
            go_out()
        leave()
