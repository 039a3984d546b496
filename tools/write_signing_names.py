"""Writes labkit/cloud/wire/signing_names.tsv from botocore's models: the services behind a signature's service name.

Only names that are not simply the name of their one service. Of several services the first is the one that the name
itself means, or the first of the alphabet.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import botocore.session

TABLE = Path(__file__).resolve().parent.parent / "labkit" / "cloud" / "wire" / "signing_names.tsv"
FIRST = {"rds": "rds", "elasticloadbalancing": "elbv2", "es": "opensearch", "events": "events"}


def rows() -> list[str]:
    """The lines of the table."""
    session = botocore.session.get_session()
    services = defaultdict(list)
    for service in session.get_available_services():
        services[session.get_service_model(service).signing_name].append(service)
    made = ["signing name\tservices"]
    for name, found in sorted(services.items()):
        first = FIRST.get(name, name)
        ordered = sorted(found, key=lambda each: (each != first, each))
        if ordered != [name]:
            made.append(f"{name}\t{' '.join(ordered)}")
    return made


if __name__ == "__main__":
    TABLE.write_text("\n".join(rows()) + "\n", encoding="utf-8")
