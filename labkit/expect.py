"""`expect_error`: a cell that is meant to be refused, and fails if it is not."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

CLIENT_SIDE = "ParamValidation"
"""The code to expect where boto3 itself refuses, before anything is sent."""


_BLOCKS: ContextVar[tuple[ExpectedError, ...]] = ContextVar("labkit_expected", default=())


class ExpectedError:
    """What was refused: filled in when the `with` block ends."""

    def __init__(self, code: str) -> None:
        self.expects = code
        self.doubt = ""  # why the answer may not be the last word, on a real account
        self.code = ""
        self.message = ""
        self.request_id = ""
        self.operation = ""
        self.response: dict[str, Any] = {}

    def __enter__(self) -> ExpectedError:
        _BLOCKS.set((*_BLOCKS.get(), self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        _BLOCKS.set(tuple(each for each in _BLOCKS.get() if each is not self))
        if error is None:
            raise AssertionError(
                " ".join(filter(None, [f"Nothing was refused: {self.expects} was expected.", self.doubt]))
            )
        if isinstance(error, ParamValidationError):
            self.code, self.message = CLIENT_SIDE, str(error)
        elif isinstance(error, ClientError):
            self.response = dict(error.response)
            self.code = error.response["Error"].get("Code", "")
            self.message = error.response["Error"].get("Message", "")
            self.request_id = error.response.get("ResponseMetadata", {}).get("RequestId", "")
            self.operation = error.operation_name
        else:
            return False
        if self.code != self.expects:
            raise AssertionError(f"{self.expects} was expected, but the answer was {self}.") from error
        return True

    def __repr__(self) -> str:
        if not self.code:
            return f"expecting {self.expects}"
        return f"{self.code}: {self.message}" if self.message else self.code

    __str__ = __repr__


def expected() -> ExpectedError | None:
    """Return the block of `expect_error` that is being run; None outside of one."""
    blocks = _BLOCKS.get()
    return blocks[-1] if blocks else None


def expect_error(code: str) -> ExpectedError:
    """Run a block that AWS must refuse with the error `code`.

    The block fails (AssertionError) if nothing, or something else, is refused; any other exception
    passes through. `code` is the error's Code ("AccessDeniedException"), or "ParamValidation" where
    boto3 refuses before it sends anything::

        with labkit.expect_error("NotFoundException") as refused:
            kms.describe_key(KeyId="alias/nobody")
        refused
    """
    return ExpectedError(code)
