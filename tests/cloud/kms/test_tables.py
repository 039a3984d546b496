"""One row an operation: a missing row, a missing cell or an unknown word is an error when the table is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

import pytest

from labkit.cloud.assembly import tables
from labkit.cloud.cloudtrail import shapes
from labkit.cloud.core import kms_operations
from labkit.cloud.core.clock import Clock
from labkit.cloud.core.entropy import Entropy
from labkit.cloud.core.kms_operations import COLUMNS, read, service_model, table
from labkit.cloud.kms import Kms, agenda, states
from labkit.cloud.kms.operation import Handler, nothing, operations
from labkit.cloud.kms.operations import HANDLERS
from labkit.cloud.policy import condition_keys
from labkit.cloud.services.cloudwatch import kms_metrics
from labkit.trail.ask import costs, uses

MODEL = service_model()
ALL = MODEL.operation_names
TEXT = kms_operations.text()
ELSEWHERE = ("key states", "condition keys")  # columns that name rows of another table
WORD = "neither-here-nor-there"
Written = Callable[[str], None]


def line_of(operation: str) -> str:
    """An operation's row as it is written."""
    return next(line for line in TEXT.splitlines() if line.startswith(f"{operation}\t"))


def with_cell(operation: str, column: str, cell: str) -> str:
    """The table, with another cell."""
    cells = line_of(operation).split("\t")
    cells[COLUMNS.index(column)] = cell
    return TEXT.replace(line_of(operation), "\t".join(cells))


def forget() -> None:
    """Let every table be read again."""
    for each in (table, states.table, condition_keys.table, shapes.kms_service_events):
        each.cache_clear()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Put another text in the table's place, for every reader."""

    def write(text: str) -> None:
        monkeypatch.setattr(kms_operations, "text", lambda: text)
        forget()

    yield write
    monkeypatch.undo()
    forget()


def test_the_table_is_whole() -> None:
    """As it is shipped, nothing is missing, and nothing is there that KMS hasn't."""
    tables.require_whole_tables()
    assert list(table()) == list(ALL)
    assert set(states.table()) == set(HANDLERS) == set(ALL)


@pytest.mark.parametrize("operation", ALL)
def test_a_row_that_is_missing(operation: str) -> None:
    """Nobody would know what the operation takes, who may ask it, what is recorded."""
    with pytest.raises(ValueError, match=f"no row for {operation}:"):
        read(TEXT.replace(line_of(operation) + "\n", ""), MODEL)


@pytest.mark.parametrize("operation", ALL)
def test_a_row_that_stands_twice(operation: str) -> None:
    """Which of the two would hold?"""
    with pytest.raises(ValueError, match=f"more than one row for {operation}"):
        read(f"{TEXT}{line_of(operation)}\n", MODEL)


@pytest.mark.parametrize("operation", ALL)
def test_a_cell_that_is_missing(operation: str) -> None:
    """Nothing stands for it: not for an empty cell of any column, and not in a row that is a cell short."""
    for column in COLUMNS:
        cells = line_of(operation).split("\t")
        del cells[COLUMNS.index(column)]
        for text in (with_cell(operation, column, ""), TEXT.replace(line_of(operation), "\t".join(cells))):
            with pytest.raises(ValueError, match=r"operations\.tsv"):
                read(text, MODEL)


@pytest.mark.parametrize("operation", ALL)
def test_a_word_that_no_column_has(operation: str) -> None:
    """It is refused in every column, and the error says where it stands."""
    for column in (column for column in COLUMNS if column not in ELSEWHERE):
        with pytest.raises(ValueError, match=WORD) as caught:
            read(with_cell(operation, column, WORD), MODEL)
        assert column == "operation" or f"operations.tsv, {operation}: " in str(caught.value)


@pytest.mark.parametrize("operation", ALL)
def test_a_word_that_the_table_beside_it_lacks(written: Written, operation: str) -> None:
    """Every key state row and every condition key that an operation names is there."""
    for column in ELSEWHERE:
        written(with_cell(operation, column, WORD))
        with pytest.raises(ValueError, match=rf"operations\.tsv.*({operation}|{WORD})"):
            tables.require_whole_tables()


@pytest.mark.parametrize("operation", ALL)
def test_a_cell_that_says_the_opposite(written: Written, operation: str) -> None:
    """Where another cell or AWS's own list tells, the known word is refused too."""
    facts = table()[operation]
    opposite = {
        "grantable": "no" if facts.grantable else "yes",
        "key usage": "-" if facts.usage else "SIGN_VERIFY",
        "page": "-" if facts.lists else "50 of 100",
    }
    if facts.takes != kms_operations.SPECIAL:  # those are held against AWS's words in tests/cloud/policy/test_keys.py
        opposite["across accounts"] = "no" if facts.across_accounts else "yes"
        opposite["asked on"] = "account" if facts.on_key else "key"
    for column, cell in opposite.items():
        written(with_cell(operation, column, cell))
        with pytest.raises(ValueError, match=r"operations\.tsv"):
            tables.require_whole_tables()


def test_a_head_with_other_columns() -> None:
    """Cells under a wrong name would be taken for something else."""
    with pytest.raises(ValueError, match="other columns"):
        read(TEXT.replace("\tgrantable\t", "\tmay be granted\t"), MODEL)


# --- The tables beside it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", states.page())
@pytest.mark.usefixtures("written")
def test_a_key_state_row_that_is_missing(monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    """It would work in every state."""
    lines = states._lines
    monkeypatch.setattr(states, "_lines", lambda name: [line for line in lines(name) if line.split("\t")[0] != row])
    forget()
    with pytest.raises(ValueError, match=row):
        states.table()


@pytest.mark.parametrize("row", states.page())
def test_a_key_state_that_is_missing(monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    """An empty cell refuses nothing, a short row breaks a call."""
    lines = states._lines

    def shortened(name: str) -> list[str]:
        return [each.rpartition("\t")[0] if each.startswith(f"{row}\t") else each for each in lines(name)]

    monkeypatch.setattr(states, "_lines", shortened)
    with pytest.raises(ValueError, match=f"key-states.tsv, {row}"):
        states.page()


@pytest.mark.parametrize("key", sorted({key for each in table().values() for key in each.condition_keys}))
@pytest.mark.usefixtures("written")
def test_a_condition_key_without_its_row(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Nobody would know its type."""
    lines = [line for line in condition_keys.text().splitlines() if not line.startswith(f"{key}\t")]
    monkeypatch.setattr(condition_keys, "text", lambda: "\n".join(lines))
    forget()
    with pytest.raises(ValueError, match=r"condition_keys\.tsv lacks"):
        condition_keys.table()


@pytest.mark.parametrize("name", agenda.NAMES)
def test_an_event_of_the_services_own_that_has_no_row(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What KMS does by itself would break the call that comes after it."""
    rest = {event: shape for event, shape in shapes.kms_service_events().items() if event != name}
    monkeypatch.setattr(tables, "kms_service_events", lambda: rest)
    with pytest.raises(ValueError, match=name):
        tables.require_whole_tables()


# --- The functions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ALL)
def test_an_operation_that_nobody_carries_out(operation: str) -> None:
    """A row without a function stops the start, and so does a function without a row."""
    rest = {name: each for name, each in HANDLERS.items() if name != operation}
    for handlers in (rest, {**rest, operation + "s": HANDLERS[operation]}):
        with pytest.raises(ValueError, match=operation):
            Kms(Clock(), Entropy("tables"), handlers)


@pytest.mark.parametrize("operation", ALL)
def test_functions_that_do_not_fit_the_row(operation: str) -> None:
    """A plan stands where the row says "special plan", a check of the spec where it says "own check": nowhere else."""
    handler = HANDLERS[operation]
    plan = None if handler.plan else lambda _store, _call: ()
    check_spec = None if handler.check_spec else lambda _key, _call: None
    for changed in (
        Handler(handler.act, plan, nothing, handler.check_spec),
        Handler(handler.act, handler.plan, nothing, check_spec),
    ):
        with pytest.raises(ValueError, match=rf"operations\.tsv, {operation}: "):
            operations(MappingProxyType({**HANDLERS, operation: changed}))


# --- What is read from it --------------------------------------------------------------------------------------------


def test_the_lists_of_cryptographic_operations_are_the_models() -> None:
    """The metrics count them, the trail's questions call them uses."""
    cryptographic = set(MODEL.shape_for("KeyLastUsageTrackingOperation").enum)
    assert kms_metrics._CRYPTOGRAPHIC == uses.USES == cryptographic
    assert {name for name, each in operations(HANDLERS).items() if each.uses} == cryptographic


def test_prices_of_key_pairs_are_asked_by_their_names_in_sql() -> None:
    """Athena's question asks `LIKE 'GenerateDataKeyPair%'`, and for the two operations that have a choice."""
    by_name = {name for name in ALL if name.startswith("GenerateDataKeyPair")}
    assert {name for name, kind in costs.KINDS.items() if kind == "by key pair"} == by_name
    assert {name for name, kind in costs.KINDS.items() if kind == "by algorithm"} == {"Decrypt", "Encrypt"}
