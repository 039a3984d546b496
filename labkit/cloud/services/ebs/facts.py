"""What EC2 says of itself. (Without moto's EC2, which is slow to load.)"""

from __future__ import annotations

from ...core.errors import AwsError
from ...core.service_records import Records
from ...gateway.interfaces import ServiceFacts


def _error_code(error: AwsError) -> str:
    """Client. or Server. stands before the code (captured)."""
    return f"{'Client' if error.status < 500 else 'Server'}.{error.code}"


# Parameters of a denied call are shown: UnauthorizedOperation has no other code. Its tlsDetails name no key exchange
# (a record of May 2026, of the same session as one of KMS that does).
FACTS = ServiceFacts("ec2", records=Records(error_code=_error_code, shows_denied_parameters=True))
