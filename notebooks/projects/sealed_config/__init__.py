"""A Lambda function's configuration that nobody but the function can read: not its deployers, not administrators.

`config` seals settings for one release of one function. `function` is the code that runs in Lambda and opens them.
`releasing` deploys, rotates and rolls back. `rules` has the key policy, and revokes. Plain boto3: it runs on any
account (`python -m sealed_config --help`).
"""

from .config import open_config, seal_config
from .releasing import Releases

__all__ = ["Releases", "open_config", "seal_config"]
