"""How services quote a refusal of KMS in a message of their own. Pure.

Source: messages of Secrets Manager, Systems Manager and DynamoDB as recorded in public (2018-2024).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import AwsError


def quoted(refused: AwsError) -> str:
    """KMS's message with what AWS's SDK for Java, which these services are written with, puts behind it."""
    origin = f"Status Code: {refused.status}; Error Code: {refused.code}; Request ID: {refused.request_id}"
    return f"{refused.message or 'null'} (Service: AWSKMS; {origin}; Proxy: null)"


def reworded(refused: AwsError, codes: Mapping[str, str]) -> AwsError:
    """KMS's refusal under the service's own code, by the codes of KMS; a code that it has none for stays."""
    code = codes.get(refused.code, refused.code)
    return AwsError(code, quoted(refused), 403 if code.endswith("OptInRequired") else 400)
