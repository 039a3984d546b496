"""What every test relies on: no settings of the machine's owner, nothing of one test left for the next.

Notebook kernels inherit this environment too.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# Files whose tests walk through one notebook each: they need not stay together in one process.
BY_NOTEBOOK = (
    "tests/exercises/test_answers_in_place.py",
    "tests/exercises/test_out_of_order.py",
    "tests/exercises/test_solutions_in_place.py",
    "tests/exercises/test_cells_run_twice.py",
    "tests/notebooks/test_aws_versions.py",
)
CHECKOUT = Path(__file__).resolve().parent.parent
AWS_V2 = Path("/usr/bin/aws")  # where Debian's awscli package puts version 2

# The same examples at each run: a test that fails once fails again.
settings.register_profile("labkit", derandomize=True, database=None, deadline=None)
settings.load_profile("labkit")


def pytest_configure(config: pytest.Config) -> None:
    """Leave the owner's AWS account, IPython profile and `aws` command out of every test."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "LABKIT_", "IPYTHON", "JUPYTER_")):
            del os.environ[name]
    # Hundreds of kernels and commands are started: they need not compile labkit's modules again each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    own = tempfile.mkdtemp(prefix="labkit-tests-")
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "IPYTHONDIR": own,
        "JUPYTER_CONFIG_DIR": own,
        "JUPYTER_DATA_DIR": own,
        "LABKIT_HOME": str(Path(own) / "labkit"),
        "LABKIT_PROGRESS": "off",  # no test touches the progress of whoever runs it, nor shows it
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(CHECKOUT),  # kernels and commands that tests start run this checkout's labkit
        "TZ": "UTC",
    }
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # the end of the suite is the end of its kernels
    config.add_cleanup(_end_kernels)


def _end_kernels() -> None:
    """Kernels that are left of this process's notebooks, when the suite was interrupted say."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "ipykernel_launcher" in child.cmdline():
                child.kill()


class _ByFileOrNotebook(LoadFileScheduling):
    """A file's tests stay together in one process; those of BY_NOTEBOOK, a notebook's."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        number = re.search(r"\[(\d\d?)-", nodeid) if file in BY_NOTEBOOK else None
        return f"{file}@{number[1]}" if number else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Two processes are done at about the same time."""
    return _ByFileOrNotebook(config, log)


@contextmanager
def _restored() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True, scope="module")
def _environment_of_the_module() -> Iterator[None]:
    """A lab that a whole file shares sets AWS variables and boto3's session; the next file finds none of them."""
    hook = sys.unraisablehook
    boto3.DEFAULT_SESSION = None
    with _restored():
        yield
    boto3.DEFAULT_SESSION = None
    sys.unraisablehook = hook


@pytest.fixture(autouse=True)
def _environment_as_found(_environment_of_the_module: None) -> Iterator[None]:
    """A lab sets AWS variables; the next test finds none of them."""
    with _restored():
        yield


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return CHECKOUT


@pytest.fixture(scope="session")
def need() -> Callable[[str, object], None]:
    """`need("what", found)`: skip where something is absent, and fail where it must not be (CI=true)."""

    def check(what: str, found: object) -> None:
        if found:
            return
        reason = f"{what} is not on this machine"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and CI=true asks for it")
        pytest.skip(reason)

    return check


@pytest.fixture(scope="session")
def chromium(need: Callable[[str, object], None]) -> str:
    """The path of a Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    need("Chromium", found)
    return str(found)


@pytest.fixture(scope="session")
def aws_v1() -> str:
    """AWS CLI version 1, from this environment."""
    return str(Path(sys.executable).parent / "aws")


@pytest.fixture(scope="session")
def aws_v2(need: Callable[[str, object], None]) -> str:
    """AWS CLI version 2, from the system's packages."""
    need("AWS CLI version 2 (/usr/bin/aws)", AWS_V2.exists())
    return str(AWS_V2)
