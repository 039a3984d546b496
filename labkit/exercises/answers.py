"""What a learner's `answer` is, before a check looks at it: Python's own values, small enough to be an answer.

Looks at the answer alone. It never walks a range, a generator or a long list, and never prints what is huge: a check of
anything takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set, Sized
from datetime import date, time, timedelta
from numbers import Complex, Integral
from types import ModuleType
from typing import Any, Literal, get_args

Form = Literal["number", "text", "text or number", "text or bytes", "list", "any"]
"""What an exercise asks for; "any" where its check takes several forms and tells them apart itself."""

FORMS: tuple[Form, ...] = get_args(Form)

LONGEST = 10_000
"""More characters than any text that is asked for; a JWT has some hundred."""
MOST = 1_000
"""More things than any list that is asked for."""
LARGEST = 2**128
TABLES = frozenset({"numpy", "pandas"})
"""Packages whose values are answers, too: what stands in a column."""


def plain(answer: Any) -> Any:
    """Give an answer as Python's own: whole numbers and texts of numpy, as columns of tables hold them, else unchanged.

    (A pandas Timestamp is a datetime, and a Timedelta a timedelta, already.)
    """
    if isinstance(answer, bool):  # a truth value is no number
        return answer
    if is_whole(answer):
        return int(answer)
    return str(answer) if isinstance(answer, str) else answer


def is_whole(answer: Any) -> bool:
    """Tell whether it is a whole number; numpy counts its spans of time among them, and they are none."""
    return isinstance(answer, Integral) and getattr(getattr(answer, "dtype", None), "kind", "") != "m"


def no_answer(answer: Any) -> str | None:
    """Say why this can't be an answer to anything here; None if a check may look at it."""
    if isinstance(answer, str | bytes | bytearray | memoryview):
        return None if len(answer) <= LONGEST else f"`answer` is {len(answer):,} characters long: that is no answer."
    if is_whole(answer) and abs(int(answer)) > LARGEST:
        return "`answer` is a number of more digits than anything in this account has."
    if isinstance(answer, Iterator):
        return (
            f"`answer` is a {type(answer).__name__}, which gives its values one after the other and has not begun. "
            "Put the values themselves into `answer`: `list(...)` makes a list of them."
        )
    if isinstance(answer, type | ModuleType):
        return f"`answer` is {answer.__name__!r} itself. Put the value into `answer` that the task asks for."
    if callable(answer):
        return f"`answer` is a {type(answer).__name__}, which was not called. Put what it answers into `answer`."
    if isinstance(answer, range) or _is_table(answer) or isinstance(answer, Sequence | Set | Mapping):
        return _too_much(answer)
    if answer is None or isinstance(answer, Complex | date | time | timedelta) or _of_tables(answer):
        return None
    return f"`answer` is a {type(answer).__name__}. Put the value itself into `answer`: a text, a number, a list."


def not_of(form: Form, answer: Any) -> str | None:
    """Say what to say if the answer is not of the form that the exercise asks for; None if it is, or if it is None."""
    if answer is None or form == "any" or FITS[form](answer):
        return None
    kind = type(answer).__name__
    only = _only(answer)
    if form == "number":
        return f"The answer should be a whole number; this is {kind}.{_number_in(answer) if only is None else ALONE}"
    if form == "list":
        return f"`answer` should be a list, such as one of names; this is {kind}."
    wanted = "as text" if form != "text or bytes" else "as text or bytes"
    more = ALONE if only is not None else ""
    return f"The answer should be the name or value that the task asks for, {wanted}; this is {kind}.{more}"


ALONE = " Take the one thing out of it."

FITS: dict[str, Callable[[Any], bool]] = {
    "number": lambda answer: is_whole(answer) and not isinstance(answer, bool),
    "text": lambda answer: isinstance(answer, str),
    "text or number": lambda answer: isinstance(answer, str) or FITS["number"](answer),
    "text or bytes": lambda answer: isinstance(answer, str | bytes | bytearray | memoryview),
    "list": lambda answer: _is_column(answer) or isinstance(answer, list | tuple | Set),
}


def named(answer: str, names: Sequence[str]) -> str | None:
    """Find which of the names a text means: the name itself in whatever case, or an ARN or path with the name in it."""
    text = answer.strip().casefold()
    parts = {part for piece in text.split(":") for part in piece.split("/")}
    return next((name for name in names if name.casefold() == text), None) or next(
        (name for name in names if name.casefold() in parts), None
    )


def _number_in(answer: Any) -> str:
    """How to make a number of what is nearly one."""
    if isinstance(answer, str) and answer.strip().isdigit():
        return " Leave the quotation marks out."
    if isinstance(answer, float) and answer.is_integer():
        return " `int(answer)` makes one of it."
    return ""


def _only(answer: Any) -> Any | None:
    """The one thing that a list or the like holds."""
    if isinstance(answer, list | tuple | Set) and len(answer) == 1:
        return next(iter(answer))
    return answer if _is_column(answer) and len(answer) == 1 else None


def _of_tables(answer: Any) -> bool:
    return type(answer).__module__.partition(".")[0] in TABLES


def _is_table(answer: Any) -> bool:
    return _of_tables(answer) and isinstance(answer, Sized)


def _is_column(answer: Any) -> bool:
    """A Series, an Index or an array of one dimension."""
    return _is_table(answer) and getattr(answer, "ndim", 0) == 1


def _too_much(answer: Any) -> str | None:
    """Why a list, or what is in it, is no answer: too long, or part of itself; looks at MOST things at most."""
    seen, left = 0, [(answer, 0)]
    while left:
        each, depth = left.pop()
        if isinstance(each, range) and not each:
            continue
        size = _size(each)
        seen += size
        if seen > MOST:
            return f"`answer` is a {type(answer).__name__} of more than {MOST:,} things: that is no answer."
        if depth > 5:
            return f"`answer` is a {type(answer).__name__} that holds itself, or lists in lists in lists."
        if isinstance(each, Mapping):
            left += [(value, depth + 1) for value in each.values()]
        elif isinstance(each, list | tuple | Set):
            left += [(value, depth + 1) for value in each]
        elif isinstance(each, str | bytes) and len(each) > LONGEST:
            return f"In `answer` there is a text of {len(each):,} characters: that is no answer."
        elif is_whole(each) and abs(int(each)) > LARGEST:
            return "In `answer` there is a number of more digits than anything in this account has."
    return None


def _size(each: Any) -> int:
    """How many things are in it, at once; a number, a text or another single thing is one."""
    if isinstance(each, str | bytes) or not isinstance(each, Sized):
        return 1
    if _of_tables(each):  # of an array or a table, all cells
        return max(1, int(getattr(each, "size", 1)))
    try:
        return max(1, len(each))
    except (OverflowError, TypeError):  # a range beyond the machine's sizes; numpy's value without a dimension
        return MOST + 1 if isinstance(each, range) else 1
