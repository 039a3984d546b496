"""What EC2 says of itself. (Without moto's EC2, which is slow to load.)"""

from __future__ import annotations

from ...gateway.contracts import ServiceFacts

FACTS = ServiceFacts("ec2")
