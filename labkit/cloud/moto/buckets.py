"""What the rooms above want to know of buckets of whichever account: owner, Region, policy."""

from __future__ import annotations

from typing import Any

from moto.s3.models import s3_backends


def owner_of_bucket(name: str) -> str:
    """Return the account of a bucket; empty where there is none."""
    return s3_backends.bucket_accounts.get(name, ("", ""))[1]


def region_of_bucket(name: str) -> str:
    """Return the Region of a bucket; empty where there is none."""
    bucket = _find(name)
    return str(bucket.region_name) if bucket is not None else ""


def policy_of_bucket(name: str) -> str:
    """Return the JSON text of a bucket's policy; empty where there is none."""
    bucket = _find(name)
    policy = bucket.policy if bucket is not None else None
    return policy.decode() if isinstance(policy, bytes) else policy or ""


def _find(name: str) -> Any:
    owner = owner_of_bucket(name)
    return s3_backends[owner]["aws"].buckets.get(name) if owner else None
