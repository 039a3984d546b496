"""The rooms of the package and the arrows between them, as DESIGN has them: one way only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import labkit

PACKAGE = Path(labkit.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
HTTP = {"http", "urllib", "werkzeug", "httptools", "socketserver", "requests", "moto", "flask"}
LONGEST = 320  # lines: a longer file is two


def _name(path: Path) -> str:
    return ".".join(["labkit", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports."""
    package = _name(path).split(".") if path.name == "__init__.py" else _name(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", [path for path in MODULES if "cloud" in path.parts], ids=_name)
def test_the_cloud_imports_nothing_of_the_kit(path: Path) -> None:
    """The AWS on your desk stands by itself."""
    outside = {name for name in _imports(path) if name.startswith("labkit") and not name.startswith("labkit.cloud")}
    assert not outside - {"labkit"}


def _reached(start: str, arrows: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Every module that a module rests on, its own imports' imports too, each with the way to it."""
    ways = {start: [start]}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for name in sorted(arrows.get(here, set()) - ways.keys()):
            ways[name] = [*ways[here], name]
            waiting.append(name)
    return ways


@cache
def _arrows() -> Mapping[str, set[str]]:
    """Which module imports which.

    A package's __init__ is read with each of its modules, and labkit's own brings in the whole kit: it is no arrow.
    """
    return {_name(path): set(_imports(path)) for path in MODULES} | {"labkit": set()}


WIRE = {"labkit.cloud.wire.protocols", "labkit.cloud.wire.json_protocol"} | {
    f"labkit.cloud.doors.{name}" for name in ("doors", "http_server")
}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if {"kms", "policy"} & set(path.parts) and "cloud" in path.parts], ids=_name
)
def test_kms_and_policies_know_nothing_of_http(path: Path) -> None:
    """Nor of moto: not themselves, and not by any module of ours that they rest on."""
    ways = _reached(_name(path), _arrows())
    assert [way for name, way in ways.items() if name.partition(".")[0] in HTTP or name in WIRE] == []


def test_a_way_round_is_found() -> None:
    """What is reached over another module is reached."""
    ways = _reached("labkit.a", {"labkit.a": {"labkit.b"}, "labkit.b": {"moto.core"}})
    assert ways["moto.core"] == ["labkit.a", "labkit.b", "moto.core"]


ROOMS = (
    "doors", "assembly", "cloudtrail", "services", "gateway", "authorization", "moto", "kms", "nitro", "identity",
    "policy", "wire", "core", "fidelity",
)  # fmt: skip
"""The rooms of the cloud from the top, as labkit/cloud/__init__.py draws them."""


def _room(module: str) -> str:
    """The folder of a module. Files directly in labkit/ and in cloud/services/ are rooms of their own."""
    path = _PATHS[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return module if package in ("labkit", "labkit.cloud.services") else package


_PATHS = {_name(path): path for path in MODULES}


def _between_rooms() -> dict[tuple[str, str], tuple[str, str]]:
    """The arrows from room to room, each with one import that makes it."""
    found = {}
    for module, imports in _arrows().items():
        for other in imports & _PATHS.keys():
            if _room(module) != _room(other):
                found[_room(module), _room(other)] = (module, other)
    return found


def _any_to(room: str, arrows: Mapping[str, set[str]]) -> bool:
    return any(room in others for others in arrows.values())


def test_arrows_between_rooms_run_one_way() -> None:
    """No two folders import each other, not even by way of others."""
    arrows = _between_rooms()
    left = {room: {to for come, to in arrows if come == room} for pair in arrows for room in pair}
    while free := [room for room in left if not left[room] & left.keys() or not _any_to(room, left)]:
        for room in free:
            del left[room]
    circle = {pair: how for pair, how in arrows.items() if set(pair) <= left.keys()}
    assert circle == {}


def test_the_rooms_of_the_cloud_import_what_stands_below_them() -> None:
    """In the order in which labkit/cloud/__init__.py lists them, each with a line of its own."""
    drawn = ast.get_docstring(ast.parse((PACKAGE / "cloud" / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert tuple(re.findall(r"^    (\w+)  +\w", drawn.partition("The rooms")[2], re.MULTILINE)) == ROOMS
    folders = {path.parent.relative_to(PACKAGE / "cloud").parts[0] for path in (PACKAGE / "cloud").glob("*/*.py")}
    assert folders == set(ROOMS)
    upwards = {}
    for pair, how in _between_rooms().items():
        parts = [room.split(".") for room in pair]
        if all(part[:2] == ["labkit", "cloud"] and len(part) > 2 for part in parts):
            come, to = (ROOMS.index(part[2]) for part in parts)
            if come > to:
                upwards[pair] = how
    assert upwards == {}


def test_a_newcomer_sees_few_files_in_a_room() -> None:
    """A folder of more than 24 files is several rooms."""
    folders = {path.parent for path in MODULES}
    assert {str(folder.name): n for folder in folders if (n := len(list(folder.glob("*.py")))) > 24} == {}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_says_what_it_is_and_is_short(path: Path) -> None:
    """A docstring first; a long file is two."""
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= LONGEST


def test_the_public_names_are_sorted_and_there() -> None:
    """`__all__` is the public surface."""
    assert sorted(labkit.__all__, key=str) == list(labkit.__all__)
    assert all(hasattr(labkit, name) for name in labkit.__all__)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_assembly_knows_the_operations_of_kms(path: Path) -> None:
    """They rest on the store and its rules, and nothing rests on them: `Kms` is handed their functions."""
    room = "labkit.cloud.kms.operations"
    named = {name for name in _imports(path) if name == room or name.startswith(f"{room}.")}
    assert not named or _name(path).startswith((room, "labkit.cloud.assembly."))


def test_policies_are_decided_without_kms() -> None:
    """What policies ask of KMS's operations stands in the lowest room."""
    ways = [_reached(_name(path), _arrows()) for path in MODULES if path.parent == PACKAGE / "cloud" / "policy"]
    assert [way for each in ways for name, way in each.items() if name.startswith("labkit.cloud.kms")] == []
