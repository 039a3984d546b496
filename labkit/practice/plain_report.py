"""A reporter for pytest that says the same in each run: names, outcomes and reasons, without times and places.

For a notebook, whose outputs are compared: `addopts = -p labkit.practice.plain_report` in pytest.ini. The tests run as
in a terminal of their own: the account of the notebook that started them is none of theirs.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections import Counter

import pytest

WIDTH = 110
OF_THE_NOTEBOOK = re.compile(r"AWS_|LABKIT_(ENDPOINT|CONTROL_TOKEN|CLASS)$")
_QUALIFIED = re.compile(r"^(?:\w+\.)+(?=[A-Z]\w*)")
_PLACE = re.compile(r" at 0x[0-9a-f]+")


class PlainReport:
    """Says what came of each test, in order, and how many of each kind there were."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell a test's outcome once: what its own code did, or the fixture that stopped it."""
        if report.when != "call" and report.outcome == "passed":
            return
        outcome = report.outcome
        if report.when != "call" and outcome == "failed":
            outcome = "error"  # type: ignore[assignment]  # as pytest's own report calls it
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.outcome == "skipped" else "xpassed"  # type: ignore[assignment]
        self._tell(str(outcome), report.nodeid, reason(report) if outcome != "passed" else "")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that could not be read."""
        if report.failed:
            self._tell("error", report.nodeid, str(report.longrepr).splitlines()[-1].removeprefix("E   "))

    def pytest_sessionfinish(self) -> None:
        """Sum up."""
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self._counted.items()))
        sys.stdout.write(f"{told or 'no tests'}\n")

    def _tell(self, outcome: str, name: str, why: str) -> None:
        self._counted[outcome] += 1
        sys.stdout.write(f"{outcome:8}{name.partition('::')[2] or name}\n")
        indent = " " * 8
        if why:
            sys.stdout.write(textwrap.fill(why, WIDTH, initial_indent=indent, subsequent_indent=indent) + "\n")


def reason(report: pytest.TestReport) -> str:
    """Say in one line why a test did not pass, without the folders and addresses of a machine."""
    if isinstance(report.longrepr, tuple):  # a skipped test: file, line, reason
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    told = str(crash.message if crash is not None else report.longrepr or "").strip()
    return _PLACE.sub("", _QUALIFIED.sub("", told.splitlines()[0] if told else ""))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take the place of pytest's own reporter, and leave the notebook's account."""
    for name in [each for each in os.environ if OF_THE_NOTEBOOK.match(each)]:
        del os.environ[name]
    config.pluginmanager.unregister(name="terminalreporter")
    config.pluginmanager.register(PlainReport(), "plain-report")
