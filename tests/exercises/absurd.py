"""Answers that can't be any: of absurd size or type."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy
import pandas

from labkit.exercises import Exercise


def itself() -> list[Any]:
    """A list that holds itself."""
    answer: list[Any] = []
    answer.append(answer)
    return answer


class Agrees:
    """Equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


ABSURD: dict[str, Any] = {
    "a range without end": range(10**12),
    "a range beyond all sizes": range(10**30),
    "a generator without end": itertools.count(),
    "a generator that finds nothing": (each for each in itertools.count() if each < 0),
    "a map": map(str, [1]),
    "a list that holds itself": itself(),
    "a dict that holds itself": {"a": (held := {}), "b": held} | {"c": [held]},
    "a long text": "a" * 10**8,
    "many bytes": bytes(10**8),
    "a list of a long text": ["a" * 10**7],
    "a huge number": 10**100_000,
    "a huge negative number": -(10**5000),
    "a list of a huge number": [10**5000],
    "a long list": list(range(10**6)),
    "a large set": set(range(10**5)),
    "a long column": pandas.Series(range(10**6)),
    "a large array": numpy.zeros((1000, 1000)),
    "a table": pandas.DataFrame({"a": [1], "b": ["x"]}),
    "a column of one": pandas.Series(["x"]),
    "an empty column": pandas.Series([], dtype="str"),
    "an empty array": numpy.array([]),
    "an array without dimension": numpy.array(3),
    "numpy's nothing": numpy.datetime64("NaT"),
    "pandas' nothing": pandas.NA,
    "no number": float("nan"),
    "an infinite number": float("inf"),
    "an imaginary number": 1j,
    "nothing": "",
    "white space": " \n",
    "a control character": "\x00",
    "half a character": "\ud800",
    "a truth value": True,
    "a negative number": -1,
    "a number": 98_765,
    "a fraction": 3.5,
    "an empty list": [],
    "a tuple of lists": ([], [[]]),
    "a list of nothing": [None],
    "an empty dict": {},
    "bytes": b"x",
    "a bytearray": bytearray(b"x"),
    "a function": len,
    "a type": str,
    "a module": time,
    "an object": object(),
    "an object that equals everything": Agrees(),
    "a list of what equals everything": [Agrees()],
    "an error": ValueError("x"),
    "a time": datetime(2026, 1, 5, tzinfo=UTC),
    "a time without zone": datetime(2026, 1, 5),  # as learners write it
    "a span": timedelta(days=10**6),
}


def problems(exercise: Exercise) -> list[str]:
    """Which of them are solved, make the check fail, or take a second."""
    exercise.check("x"), exercise.check(1)  # what is read once is read
    faults = []
    for name, answer in ABSURD.items():
        before = time.process_time()
        outcome = exercise.check(answer)
        if time.process_time() - before > 1:
            faults.append(f"{name}: slow")
        if outcome.status in ("solved", "could not tell") or len(outcome.message) > 1000:
            faults.append(f"{name}: {outcome.message[:200]}")
    return faults
