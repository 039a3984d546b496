"""An account in a process that also runs other tests: with moto's `mock_aws`, or with clients made long before.

While it is open, a mix that would go wrong in silence is an error that says so. Afterwards the process is as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import moto.core.models
from botocore.httpsession import URLLib3Session

from ..cloud.core import stay_in_lab
from ..cloud.moto.backends import leave
from ..errors import LabError
from .local import LocalCloud

BOTH = (
    "moto's mock_aws and labkit's account don't go together in one test: mock_aws would empty the account, which keeps "
    "its roles and buckets in moto. Take one of them in each test; both may be in one test run."
)

OVER = (
    "The test that this account was made for is over, and the client was kept. Make clients within each test, or put a "
    'new one in its place there: monkeypatch.setattr(app, "kms", boto3.client("kms")).'
)


@contextmanager
def beside_other_tests() -> Iterator[None]:
    """Keep `mock_aws` from the account that is started within, and give moto and botocore back. LabError for a mix."""
    if moto.core.models.MockAWS._mocks_active:
        raise LabError(BOTH)
    guarded = hasattr(URLLib3Session.send, "unguarded")

    def no_mock(*_: Any, **__: Any) -> None:
        raise LabError(BOTH)

    try:
        with patch.object(moto.core.models.MockAWS, "start", no_mock):
            yield
    finally:
        if not guarded:
            stay_in_lab.let_go()
        LocalCloud.end(OVER)
        leave()


@contextmanager
def made_before() -> Iterator[None]:
    """Say of a client that was made before the account what to do about it: no session that knows the lab sends so."""
    send = URLLib3Session.send

    def tell(session: URLLib3Session, request: Any) -> Any:
        try:
            return send(session, request)
        except stay_in_lab.NotInThisLab as refused:
            raise LabError(
                "A client that was made before the test's account calls AWS itself. Nothing was sent. Make it within "
                "the test, or put a new one in its place there: "
                f'monkeypatch.setattr(app, "kms", boto3.client("kms")). ({refused})'
            ) from None

    with patch.object(URLLib3Session, "send", tell):
        yield
