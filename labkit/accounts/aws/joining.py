"""What every botocore session of a run goes through: the guard, the ledger's hooks, and patience.

The kernel joins a run once there is consent; the `aws` command of the run's cells joins it by the run's folder.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from . import consistency, guard
from .run import Run

_HOOKS = "labkit.accounts.aws.hooks"
_LEDGER = "labkit.accounts.aws.ledger"


def join(run: Run, standin: str, regions: frozenset[str] = frozenset()) -> None:
    """Put the guard, the ledger's hooks and patience before every call of sessions that are made from now on.

    standin: the address that is taken for AWS; "" for AWS itself. regions: further ones that were agreed to.
    """
    leave()
    guard.install(run, standin, regions)
    if find_spec(_HOOKS) is not None:
        ledger = import_module(_LEDGER).open_ledger(run.folder)
        import_module(_HOOKS).install(run, ledger)
    consistency.install(run.folder)


def leave() -> None:
    """Take them away again. Sessions that were made meanwhile are refused from now on."""
    consistency.uninstall()
    if find_spec(_HOOKS) is not None:
        import_module(_HOOKS).uninstall()
    guard.uninstall()
