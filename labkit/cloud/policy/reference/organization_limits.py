"""What the policies of an organization do not limit, and which requests a resource control policy is asked about.

Pure: from what is asked, nothing else. Whose resource it is and which policies are attached, the caller has found out.
Sources: AWS Organizations User Guide, "Resource control policies (RCPs)" ("List of AWS services that support RCPs" and
"Resources and entities not restricted by RCPs", as fetched on 2026-09-26) and "SCP effects on permissions".
"""

from __future__ import annotations

from typing import Protocol

from ...core.call import Principal

RCP_SERVICES = frozenset((
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory", "cloudfront",
    "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codepipeline", "cognito-identity",
    "cognito-idp", "comprehend", "comprehendmedical", "compute-optimizer", "cost-optimization-hub", "dax", "dsql",
    "dynamodb", "ecr", "ecr-public", "events", "firehose", "fis", "fms", "gamelift", "health", "inspector-scan",
    "kendra", "kinesisvideo", "kms", "logs", "memorydb", "networkmonitor", "notifications", "opensearch",
    "pca-connector-ad", "personalize", "polly", "pricing", "resource-groups", "rolesanywhere", "s3",
    "secretsmanager", "servicediscovery", "signin", "sqs", "sts", "support", "swf", "textract",
    "timestream-influxdb", "transcribe", "transfer", "translate", "wafv2", "workspaces", "xray",
))  # fmt: skip
"""The prefixes of the actions that resource control policies apply to."""

_SERVICE_LINKED = ":role/aws-service-role/"


class Asked(Protocol):
    """A question: who does what on what."""

    @property
    def principal(self) -> Principal:
        """Who asks."""
        ...

    @property
    def service(self) -> str:
        """The prefix of the action."""
        ...

    @property
    def operation(self) -> str:
        """The action without its prefix."""
        ...

    @property
    def resource(self) -> str:
        """The ARN that is asked on; "*" for none."""
        ...

    @property
    def names_no_resource(self) -> bool:
        """Whether permission is asked on no resource in particular."""
        ...


def is_service_linked(principal: Principal) -> bool:
    """Tell whether a session of a service-linked role asks: neither SCPs nor RCPs limit it."""
    return principal.session is not None and _SERVICE_LINKED in principal.session.issuer_arn


def rcps_apply(question: Asked) -> bool:
    """Tell whether resource control policies have a say: by service, resource, action and caller.

    They apply "to the resources that are authorized as part of an operation request": where permission is asked on no
    resource (CreateKey, ListKeys), there is nothing that they could be attached over. Not limited are kms:RetireGrant,
    calls by service-linked roles, and the trust policies of these roles.
    """
    if question.service not in RCP_SERVICES or question.names_no_resource:
        return False
    if question.service == "kms" and question.operation.lower() == "retiregrant":
        return False
    return not is_service_linked(question.principal) and _SERVICE_LINKED not in question.resource
