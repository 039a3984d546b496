"""AWS's managed policies for moto's IAM, read once for all accounts: moto reads and writes them for each account anew.

That is most of the time that opening an account takes, and many may open one at once.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from moto.core.config import default_user_config
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend


def init_aws_policies(backend: IAMBackend) -> list[AWSManagedPolicy]:
    """Return the policies of one account, made in moto's order, so that ids come out as ever."""
    if not default_user_config["iam"]["load_aws_managed_policies"]:
        return []
    where: dict[str, Any] = {"account_id": backend.account_id, "region": backend.region_name}
    make: Any = AWSManagedPolicy  # abstract to a type checker, for what CloudFormation would ask of it
    return [make(**facts, **where) for facts in _facts()]


@lru_cache(maxsize=1)
def _facts() -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "name": name,
            "default_version_id": data.get("DefaultVersionId"),
            "path": data.get("Path"),
            "document": json.dumps(data.get("Document")),
            "create_date": datetime.fromisoformat(data["CreateDate"]),
            "update_date": datetime.fromisoformat(data["UpdateDate"]),
        }
        for name, data in json.loads(aws_managed_policies_data).items()
    )
