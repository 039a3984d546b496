"""A run: one lab on one real account, and the private folder in which its state is kept."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...errors import LabError

PRIVATE = 0o700
STATE = "run.json"
_ID = re.compile(r"[a-z][a-z0-9]{7}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz"  # an id begins with one, so that it may begin any name; none looks like a digit
_SIGNS = _LETTERS + "23456789"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its id (eight signs, as names of buckets and roles take them), its account, Region, start and folder.

    regions: further ones in which its lab makes things.
    """

    id: str
    account_id: str
    region: str
    started: datetime
    folder: Path
    regions: tuple[str, ...] = ()


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """Find the folder of the kit's own state: LABKIT_HOME, or ~/.labkit."""
    return Path(environ.get("LABKIT_HOME") or "~/.labkit").expanduser().absolute()


def begin(account_id: str, region: str, lab: str, within: Path, regions: tuple[str, ...] = ()) -> Run:
    """Make a run with a fresh id, and its folder runs/<id>, which nobody else may read. LabError where that fails."""
    run_id = secrets.choice(_LETTERS) + "".join(secrets.choice(_SIGNS) for _ in range(7))
    run = Run(run_id, account_id, region, datetime.now(UTC).replace(microsecond=0), within / "runs" / run_id, regions)
    state = {
        "id": run_id, "account": account_id, "region": region, "regions": list(regions),
        "started": run.started.isoformat(), "lab": lab,
    }  # fmt: skip
    try:
        within.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        for folder in (within / "runs", run.folder):
            folder.mkdir(mode=PRIVATE, exist_ok=True)
            folder.chmod(PRIVATE)  # whatever the umask, and whoever has made it
        (run.folder / STATE).write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    except OSError as problem:
        raise LabError(
            f"The state of a run is kept in {within}, and that can't be written to: {problem.strerror}. "
            "Set LABKIT_HOME to a folder of yours."
        ) from None
    return run


def read(folder: Path) -> Run:
    """Read a run from its folder. LabError if there is none."""
    try:
        told = json.loads((folder / STATE).read_text(encoding="utf-8"))
        started = datetime.fromisoformat(told["started"])
        run = Run(str(told["id"]), str(told["account"]), str(told["region"]), started, folder, tuple(told["regions"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise LabError(f"There is no run in {folder}.") from None
    if not _ID.fullmatch(run.id):
        raise LabError(f"There is no run in {folder}.")
    return run


def runs(within: Path) -> list[Run]:
    """List the runs whose state is on this machine, oldest first."""
    found = []
    for state in (within / "runs").glob(f"*/{STATE}"):
        try:
            found.append(read(state.parent))
        except LabError:
            continue
    return sorted(found, key=lambda run: (run.started, run.id))
