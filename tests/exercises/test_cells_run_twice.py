"""Shift+Enter, pressed once too often."""

import pytest

from labkit.exercises import notebooks

from .walking import twice

# Two that read more than they change are left out for their length.
LONG = ("18-cloudtrail-in-pandas", "19-investigate-an-incident")


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a second folder for files takes the place of the first
@pytest.mark.parametrize("notebook", [name for name in notebooks() if name not in LONG])
def test_a_cell_that_is_run_twice_does_not_break_the_next(notebook: str) -> None:
    """The second run may be refused, by the account or by Python; what comes after it works all the same."""
    twice(notebook)
