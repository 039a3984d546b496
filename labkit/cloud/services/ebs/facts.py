"""What EC2 says of itself. (Without moto's EC2, which is slow to load.)"""

from __future__ import annotations

from types import MappingProxyType

from ...authorization.service_permissions import Permissions, Written
from ...core.call import Call
from ...core.errors import AwsError
from ...core.service_records import Records
from ...gateway.interfaces import ServiceFacts
from ...policy.documents import Document


def _error_code(error: AwsError) -> str:
    """Client. or Server. stands before the code (captured)."""
    return f"{'Client' if error.status < 500 else 'Server'}.{error.code}"


def _check_policy(_call: Call, document: Document) -> None:
    """Refuse a policy of a VPC endpoint that is too long (AWS PrivateLink Guide, "Considerations")."""
    if len(document.text) > _LONGEST:
        told = f"The policy of a VPC endpoint has {_LONGEST} characters at most, white space included."
        raise AwsError("InvalidPolicyDocument", told)


_LONGEST = 20_480
_ENDPOINT = Written("PolicyDocument", "endpoint")
_PERMISSIONS = Permissions(
    documents=MappingProxyType({"CreateVpcEndpoint": _ENDPOINT, "ModifyVpcEndpoint": _ENDPOINT}),
    check_document=_check_policy,
)
# Parameters of a denied call are shown: UnauthorizedOperation has no other code. Its tlsDetails name no key exchange
# (a record of May 2026, of the same session as one of KMS that does).
FACTS = ServiceFacts("ec2", _PERMISSIONS, Records(error_code=_error_code, shows_denied_parameters=True))
