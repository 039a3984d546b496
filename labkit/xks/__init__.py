"""An external key store proxy (XKS proxy) of AWS's published API, version 1.0.3: KMS calls it for keys outside AWS.

It speaks HTTP on the loopback interface, holds keys in a file or in a token behind PKCS #11, and knows nothing of a
lab: `labkit xks-proxy` runs it alone. The specification is aws/aws-kms-xksproxy-api-spec on GitHub ("the spec" here).
"""

from __future__ import annotations

from .credentials import Credential
from .keys import ExternalKey, FileKeys, KeyManager
from .policy import Denial
from .proxy import Proxy

__all__ = ["Credential", "Denial", "ExternalKey", "FileKeys", "KeyManager", "Proxy"]
