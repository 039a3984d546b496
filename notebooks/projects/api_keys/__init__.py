"""A store of API keys in DynamoDB: sealed one by one, found by their HMAC, moved to new KMS keys while requests run.

`store` issues, verifies and revokes. `moving` brings all of them under new KMS keys. `rules` has the roles' policies.
Plain boto3: it runs on any account (`python -m api_keys --help`).
"""

from .moving import Move
from .store import Generation, Issued, Refused, Store, create_table

__all__ = ["Generation", "Issued", "Move", "Refused", "Store", "create_table"]
