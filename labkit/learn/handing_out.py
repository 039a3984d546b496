"""Copies the course into a learner's folder, and never over their work.

What was handed out is kept beside it, in `.labkit/handed-out.zip`: what differs from that is the learner's. The rules
are nbgitpuller's (https://nbgitpuller.readthedocs.io, "Automatic merging"): a changed file stays, and takes what is
new where the learner changed nothing; a deleted file comes back; a file that was in the way is moved aside.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .merging import merged

RECORD = Path(".labkit") / "handed-out.zip"


@dataclass(slots=True)
class Report:
    """What became of the files, by their paths in the learner's folder."""

    written: list[str] = field(default_factory=list)
    """Came for the first time, came back, or became the new version: the learner had changed nothing in them."""
    merged: list[str] = field(default_factory=list)
    """The learner's, with what is new beside it."""
    kept: list[str] = field(default_factory=list)
    """The learner's as it was, though there is a new version."""
    moved: dict[str, str] = field(default_factory=dict)
    """The learner's file that stood where a new one came: its new name."""


class NotYoursError(Exception):
    """The folder can't take the course; the message says why, and what to do."""


def hand_out(course: Mapping[str, bytes], folder: Path) -> Report:
    """Bring the folder up to the course. NotYoursError where the folder is no place for it; OSError from the disk."""
    if os.path.exists(folder / "labkit" / "__init__.py"):  # False where one may not look
        raise NotYoursError(f"{folder} is labkit's own checkout. Name another folder, or use `make lab` there.")
    if folder.exists() and not folder.is_dir():
        raise NotYoursError(f"{folder} is a file. Name a folder; it is made if it is not there.")
    before = _record(folder)
    report = Report()
    for name, new in course.items():
        _bring(folder, name, new, before.get(name), report)
    _keep(folder, course)
    return report


def _bring(folder: Path, name: str, new: bytes, base: bytes | None, report: Report) -> None:
    path = folder / name
    if not os.path.lexists(path):
        _write(path, new)
        report.written.append(name)
        return
    mine = path.read_bytes() if path.is_file() else None
    if mine == new or (base == new and mine is not None):  # nothing new
        return
    if mine is not None and mine == base and not path.is_symlink():
        _write(path, new)
        report.written.append(name)
    elif base is None or mine is None:  # never handed out: it stood in the way
        aside = _aside(path)
        path.rename(aside)
        report.moved[name] = aside.name
        _write(path, new)
    else:
        both = merged(base, mine, new) if path.suffix == ".ipynb" else None
        if both is None or path.is_symlink():
            report.kept.append(name)
        elif both != mine:
            _write(path, both)
            report.merged.append(name)


def _aside(path: Path) -> Path:
    """A name beside it that is free: 00-start-here.mine.ipynb, then .mine-2."""
    tries = (path.with_name(f"{path.stem}.mine{number}{path.suffix}") for number in ("", *map("-{}".format, _COUNT)))
    return next(each for each in tries if not os.path.lexists(each))


_COUNT = range(2, 10_000)


def _write(path: Path, content: bytes) -> None:
    """Write it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)


def _record(folder: Path) -> dict[str, bytes]:
    """What was handed out last; nothing where the record is missing or broken: then what differs is the learner's."""
    try:
        with zipfile.ZipFile(folder / RECORD) as record:
            return {name: record.read(name) for name in record.namelist()}
    except (OSError, zipfile.BadZipFile):
        return {}


def _keep(folder: Path, course: Mapping[str, bytes]) -> None:
    path = folder / RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as record:
        for name, content in course.items():
            record.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    fresh.replace(path)
