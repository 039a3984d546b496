"""Measure a class on this machine: start time and memory of a learner, and how both grow with the class.

    python workshop/measure.py 40 --at-once 4

Starts a hub of its own, in a folder that it takes away again, and simulated learners in it, a few at once. Each opens a
kernel and works through the cells of a lab. Prints a table; the memory is PSS where Linux tells it (shared pages are
counted once), else RSS. Starts nothing more when less than a tenth of the machine's memory is free.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import real_hub

LAB = Path(__file__).resolve().parent.parent / "notebooks" / "03-encrypt-and-decrypt.ipynb"
MB = 2**20


@dataclass(frozen=True, slots=True)
class Learner:
    """What one simulated learner met: seconds to a server, to the end of the first cell, and through the lab."""

    server: float
    first_cell: float
    lab: float
    failed: int


def cells() -> list[str]:
    """The code of the lab, cell by cell."""
    read = nbformat.read(LAB, as_version=4)
    return [cell.source for cell in read.cells if cell.cell_type == "code"]


def learn(hub: real_hub.Hub, name: str, code: list[str], left: list[tuple[str, object]]) -> Learner:
    """Be one learner: server, kernel, all cells. The kernel stays open, as a learner's does."""
    server = hub.start(name, {"share": True})
    begun = time.monotonic()
    opened = real_hub.kernel(hub, name)
    cell = opened.__enter__()
    left.append((name, opened))
    first = cell(code[0])
    first_cell = time.monotonic() - begun
    said = [first, *(cell(each) for each in code[1:])]
    return Learner(server, first_cell, time.monotonic() - begun, sum("Error: " in each for each in said))


def used(processes: Iterator[psutil.Process]) -> dict[str, float]:
    """Bytes by kind of process: hub, proxy, class page, servers, kernels; and processor seconds of the last two."""
    found: dict[str, float] = {"hub": 0, "proxy": 0, "class page": 0, "servers": 0, "kernels": 0, "seconds": 0}
    for process in processes:
        try:
            line, info = " ".join(process.cmdline()), process.memory_full_info()
            times = process.cpu_times()
        except psutil.Error:
            continue
        kind = next((kind for mark, kind in KINDS.items() if mark in line), "")
        if kind:
            found[kind] += getattr(info, "pss", info.rss)
        if kind in ("servers", "kernels"):
            found["seconds"] += sum(times[:4])  # user and system, its own and of the commands it ran
    return found


KINDS = {
    "ipykernel_launcher": "kernels",
    "jupyterhub.singleuser": "servers",
    "configurable-http-proxy": "proxy",
    "class_service": "class page",
    "-m jupyterhub": "hub",
}


def main() -> int:
    """Measure, and print what was found."""
    asked = argparse.ArgumentParser(description="Measure a class on this machine.")
    asked.add_argument("learners", type=int, nargs="?", default=40)
    asked.add_argument("--at-once", type=int, default=4, help="how many begin at the same time")
    given = asked.parse_args()
    total = psutil.virtual_memory().total
    print(f"{os.cpu_count()} cores, {total / 2**30:.0f} GB, {given.learners} learners, {given.at_once} at once")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    print(
        "learners  server s (median, worst)  first cell  lab s  hub MB  proxy MB  page MB  server MB  kernel MB  CPU s"
    )
    code, failed, done = cells(), 0, 0
    left: list[tuple[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="labkit-measure-") as home, real_hub.running_hub(Path(home)) as hub:
        with ThreadPoolExecutor(given.at_once) as pool:
            while done < given.learners:
                some = [f"learner{number:03}" for number in range(done, min(done + 10, given.learners))]
                met = list(pool.map(lambda name: learn(hub, name, code, left), some))
                done += len(some)
                failed += sum(each.failed for each in met)
                _row(done, met, used(_tree(hub)))
                if psutil.virtual_memory().available < total / 10:
                    print(f"stopped: less than a tenth of the memory is free after {done} learners")
                    break
        print(f"cells that ended in an error: {failed}")
    return 1 if failed else 0


def _tree(hub: real_hub.Hub) -> Iterator[psutil.Process]:
    """Every process of the hub; the servers are in sessions of their own, and still its children."""
    hub_itself = psutil.Process(hub.process.pid)
    return iter([hub_itself, *hub_itself.children(recursive=True)])


def _row(done: int, met: list[Learner], all_of: dict[str, float]) -> None:
    def median(name: str) -> float:
        return statistics.median(getattr(each, name) for each in met)

    worst = max(each.server for each in met)
    print(
        f"{done:8}  {median('server'):11.1f} {worst:12.1f}  {median('first_cell'):10.1f}  {median('lab'):5.1f}"
        f"  {all_of['hub'] / MB:6.0f}  {all_of['proxy'] / MB:8.0f}  {all_of['class page'] / MB:7.0f}"
        f"  {all_of['servers'] / MB / done:9.0f}  {all_of['kernels'] / MB / done:9.0f}"
        f"  {all_of['seconds'] / done:5.1f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
