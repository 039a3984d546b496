"""The Regions that there are, by botocore's endpoint data."""

from __future__ import annotations

from functools import lru_cache

from .botocore_data import regions_of_kms


@lru_cache(maxsize=1)
def known_regions() -> frozenset[str]:
    """Return the Regions of the partition "aws" that have KMS."""
    return frozenset(regions_of_kms())
