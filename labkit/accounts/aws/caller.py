"""Who one is on AWS, by GetCallerIdentity: the one call that is made before consent. It needs no permission."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ...errors import LabError
from .settings import Settings
from .words import in_words

PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Caller:
    """An account, and the ARN of the caller in it."""

    account_id: str
    arn: str

    @property
    def is_root(self) -> bool:
        """Tell whether this is the account's root user."""
        return self.arn.endswith(":root")


def caller_of(settings: Settings) -> Caller:
    """Ask who calls. LabError in the user's words where there is no answer."""
    try:
        answer = settings.client("sts").get_caller_identity()
        found = Caller(str(answer["Account"]), str(answer["Arn"]))
    except (BotoCoreError, ClientError) as wrong:
        raise LabError(in_words(wrong)) from None
    except (ResponseParserError, KeyError):
        raise LabError("What answers there is not AWS: a proxy, say, or another program.") from None
    if found.arn.split(":")[1] != PARTITION:
        raise LabError(
            f"Account {found.account_id} is in another partition than `aws` ({found.arn}): labs know that one."
        )
    return found
