"""What CloudHSM says of itself: its permissions begin with cloudhsm, whatever botocore calls the service."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...gateway.interfaces import ServiceFacts

FACTS = ServiceFacts("cloudhsmv2", Permissions(prefix="cloudhsm"))
