"""Which addresses are AWS's: the only ones that a run's calls may go to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ..cloud.core.botocore_data import dns_suffixes
from ..errors import LabError

# Parts of names under amazonaws.com that belong to AWS's customers: what answers there may be anybody's.
_CUSTOMERS = frozenset({"execute-api", "elb", "compute", "compute-1", "elasticbeanstalk", "rds", "s3-website"})


def is_aws(url: str, standin: str) -> bool:
    """Tell whether an address is one of AWS's, by https; with a stand-in, whether it is that one."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if standin:
        return f"{parts.scheme}://{parts.netloc}" == standin
    labels = host.split(".")
    is_ours = host.endswith(tuple(f".{suffix}" for suffix in dns_suffixes())) and parts.username is None
    return parts.scheme == "https" and is_ours and not any(_is_a_customers(label) for label in labels)


def _is_a_customers(label: str) -> bool:
    return label in _CUSTOMERS or label.startswith(("s3-website-", "ec2-"))


def only_aws(standin: str) -> Callable[..., None]:
    """Make what refuses requests to any other address: for botocore's `before-send`."""

    def before_send(request: Any, **_: Any) -> None:
        if not is_aws(request.url, standin):
            host = urlsplit(request.url).netloc.rpartition("@")[2]
            raise LabError(
                f"This call would go to {host}, which is not AWS. Nothing was sent. Look for endpoint_url in your code "
                "and your AWS config file, and for AWS_ENDPOINT_URL in the environment."
            )

    return before_send


def shown(address: str) -> str:
    """Write an address as it may be shown: without what stands before an @, which may be a password."""
    scheme, mark, rest = address.partition("://")
    return repr(scheme + mark + rest.rpartition("@")[2])
