"""Exercises that are opened before the cells above them were run, and answers that can't be any: told at once."""

import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy
import pandas
import pytest

import labkit
from labkit.exercises import notebooks, read
from labkit.exercises.lab_rules.page import page_of

from .walking import CHECK, visit

FAILED = "The check itself failed"


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


@pytest.mark.parametrize("notebook", notebooks())
def test_on_a_fresh_account_the_missing_cell_is_named(notebook: str) -> None:
    """Nothing was run but the first line: no check fails, and each says what it needs and where that is made."""
    lab = labkit.start(notebook)
    for spec in read(notebook):
        for answer in (None, "x", 7, ["x"]):
            outcome = lab.exercise(spec.id).check(answer)
            assert FAILED not in outcome.message
            assert outcome.status != "solved"
            if spec.needs:
                first = spec.needs[0]
                assert outcome.status == "not attempted"
                assert f"needs {first.what}." in outcome.message
                assert f"`{first.line}`" in outcome.message
                assert (first.under or "at the top of the page") in outcome.message


@pytest.mark.parametrize("notebook", notebooks())
def test_what_an_exercise_needs_is_made_above_it(notebook: str) -> None:
    """The line stands in one cell of the notebook, under that heading, before the exercise; each row is of use."""
    made = {need.id: need for spec in read(notebook) for need in spec.needs}
    cells = page_of(notebook).notebook().cells
    specs = {spec.id: spec for spec in read(notebook)}
    heading, seen = "", set()
    for cell in cells:
        if cell.cell_type == "markdown":
            heads = [line.removeprefix("## ") for line in cell.source.splitlines() if line.startswith("## ")]
            heading = heads[-1] if heads else heading
        elif check := CHECK.match(cell.source):
            assert {need.id for need in specs[check[1]].needs} <= seen
        else:
            here = {name for name, need in made.items() if need.line in cell.source}
            assert not here & seen, "the line stands in two cells"
            assert {made[name].under for name in here} <= {heading}
            seen |= here
    assert seen == set(made)


@pytest.mark.parametrize("notebook", notebooks())
def test_answers_that_are_none_are_told_at_once(notebook: str) -> None:
    """Of absurd size or type: never solved, never a failure of the check, never a second."""
    faults: dict[str, str] = {}

    def at(spec: Any, learner: dict[str, Any]) -> None:
        if spec.answer is None:
            return
        exercise = learner["lab"].exercise(spec.id)
        exercise.check("x"), exercise.check(1)  # what is read once is read
        for name, answer in ABSURD.items():
            before = time.perf_counter()
            outcome = exercise.check(answer)
            if time.perf_counter() - before > 1:
                faults[f"{spec.id}: {name}"] = "slow"
            if outcome.status in ("solved", "could not tell") or len(outcome.message) > 1000:
                faults[f"{spec.id}: {name}"] = outcome.message[:200]

    visit(notebook, at)
    assert faults == {}
