"""Set-up: constraints.txt, environment.yml and pyproject.toml say the same thing, and hold everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from labkit import cli
from labkit.learn.material import FIRST

PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PIN = re.compile(r"(?P<name>[a-z0-9]+(-[a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.]*)")


@pytest.fixture(scope="module")
def project(checkout: Path) -> dict:
    """pyproject.toml's contents."""
    return tomllib.loads((checkout / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def environment(checkout: Path) -> dict:
    """environment.yml's contents."""
    return yaml.safe_load((checkout / "environment.yml").read_text())


@pytest.fixture(scope="module")
def constraint_lines(checkout: Path) -> list[str]:
    """constraints.txt without its comments."""
    lines = (checkout / "constraints.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def pinned(constraint_lines: list[str]) -> dict[str, str]:
    """Name to version."""
    return dict(line.split("==") for line in constraint_lines)


def direct_requirements(project: dict) -> list[Requirement]:
    """What pyproject.toml asks for, extras included."""
    extras = project["project"]["optional-dependencies"].values()
    return [Requirement(text) for text in chain(project["project"]["dependencies"], *extras)]


def closure(project: dict, marker_environment: dict[str, str]) -> set[str]:
    """Every package that the project and its extras bring in, on the platform described."""
    waiting = direct_requirements(project)
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                needed = metadata.requires(name) or []
            except metadata.PackageNotFoundError:
                continue  # another platform's package: itself in the closure, its own needs unknown here
            for each in map(Requirement, needed):
                if each.marker is None or each.marker.evaluate({**marker_environment, "extra": extra}):
                    waiting.append(each)
    return {name for name, _ in seen}


def test_constraints_are_names_and_versions_alone(constraint_lines: list[str]) -> None:
    """No host, path or option stands in constraints.txt, so it holds wherever packages come from."""
    assert [line for line in constraint_lines if not PIN.fullmatch(line)] == []
    names = [line.split("==")[0] for line in constraint_lines]
    assert names == sorted(set(names))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_constraints_pin_everything(project: dict, pinned: dict[str, str], platform: str, python: str) -> None:
    """Whatever the extras bring in has its version, on each platform and Python."""
    markers = {**PLATFORMS[platform], "python_version": python, "python_full_version": f"{python}.0"}
    needed = closure(project, markers)
    assert {"boto3", "jupyterlab", "jupyter-server"} <= needed
    assert needed - set(pinned) - {"pip", "setuptools"} == set()


def test_pins_are_within_what_pyproject_allows(project: dict, pinned: dict[str, str]) -> None:
    """Each direct dependency's version satisfies its requirement."""
    direct = direct_requirements(project)
    assert [str(each) for each in direct if not each.specifier.contains(pinned[canonicalize_name(each.name)])] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_pins_install_on_each_python(pinned: dict[str, str], python: str) -> None:
    """Each pinned version installs on its first release: distributions stay at an early one (Debian 12 at 3.11.2).

    Whether there are wheels, only an index can tell: tools/try_pythons.py asks one.
    """
    dated = {
        f"{each.name} {each.version}": each.metadata.get("Requires-Python")
        for each in metadata.distributions()
        if pinned.get(canonicalize_name(each.name)) == each.version
    }
    assert len(dated) > 50  # the pins are what is installed here
    assert {name: bound for name, bound in dated.items() if bound and f"{python}.0" not in SpecifierSet(bound)} == {}


def test_conda_installs_what_pip_installs(project: dict, environment: dict, checkout: Path) -> None:
    """environment.yml takes the checkout itself, with every extra, held to constraints.txt."""
    *conda, pip = environment["dependencies"]
    options = [line.split(maxsplit=1) for line in pip["pip"]]
    assert [flag for flag, _ in options] == ["-c", "-e"]
    (_, constraints), (_, target) = options
    assert (checkout / constraints).is_file()
    path, extras = re.fullmatch(r"([^\[]+)\[(.+)\]", target).groups()
    assert path == "."
    assert set(extras.split(",")) == set(project["project"]["optional-dependencies"])
    python = next(each for each in conda if each.startswith("python="))
    assert SpecifierSet(project["project"]["requires-python"]).contains(Version(python.removeprefix("python=")))


def test_the_image_installs_what_pip_installs(project: dict, checkout: Path) -> None:
    """Dockerfile: a Python that is supported, held to constraints.txt, with the extra that labs need."""
    steps = re.findall(r"^([A-Z]+) (.+)$", (checkout / "Dockerfile").read_text(), re.MULTILINE)
    python = re.fullmatch(r"python:([\d.]+)-slim", dict(steps)["FROM"])[1]
    assert f"Programming Language :: Python :: {python}" in project["project"]["classifiers"]
    (install,) = [text for _, text in steps if "pip install" in text]
    (extra,) = re.findall(r"-c /src/constraints\.txt '/src\[(\w+)\]'", install)
    assert extra in project["project"]["optional-dependencies"]
    assert cli.build_parser().parse_args(re.search(r"labkit (learn [\w -]+) &&", dict(steps)["CMD"])[1].split())
    assert [text for verb, text in steps if verb == "USER"] == ["learner"]
    assert f"--LabApp.default_url=/lab/tree/{FIRST}" in dict(steps)["CMD"]


def test_each_python_that_is_named_is_allowed(project: dict) -> None:
    """The classifiers, requires-python and what these tests resolve say the same."""
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["project"]["classifiers"]))
    assert tuple(named) == PYTHONS
    assert all(SpecifierSet(project["project"]["requires-python"]).contains(f"{each}.0") for each in named)


def test_importing_labkit_is_light() -> None:
    """A plain `import labkit` brings in neither Jupyter nor pandas."""
    code = "import sys, labkit; print(sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'labkit'" in found
    heavy = {"IPython", "ipykernel", "ipywidgets", "jupyter_client", "jupyterlab", "matplotlib", "pandas", "numpy"}
    assert {name for name in heavy if f"'{name}'" in found} == set()


def test_all_is_the_public_surface() -> None:
    """`labkit.__all__` is sorted, each name exists, and no other public name is made in the package itself."""
    import labkit

    assert list(labkit.__all__) == sorted(labkit.__all__)
    for name in labkit.__all__:  # some are loaded at their first use
        getattr(labkit, name)
    defined = {
        name
        for name, value in vars(labkit).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("labkit")
    }
    assert defined <= set(labkit.__all__)


@pytest.fixture
def make_venv(checkout: Path, tmp_path: Path) -> Path:
    """A copy of tools/make-venv in a checkout of its own."""
    script = tmp_path / "tools" / "make-venv"
    script.parent.mkdir()
    script.write_text((checkout / "tools" / "make-venv").read_text())
    return script


def run_make_venv(script: Path, python: str) -> str:
    """Run it with that interpreter; answers what it complains about."""
    answer = subprocess.run(
        ["sh", str(script)], env={"PATH": "/usr/bin:/bin", "PYTHON": python}, capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    return answer.stderr


@pytest.mark.parametrize(
    ("fails_at", "says"),
    [
        ("sys.exit", "no Python 3.11 or newer found"),
        ("import venv", "(/sample/python3) has no venv module"),
    ],
)
def test_an_unfit_python_is_named(make_venv: Path, tmp_path: Path, fails_at: str, says: str) -> None:
    """An interpreter too old, or without venv, gives a sentence and no traceback."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *"{fails_at}"*) exit 1 ;; *) echo /sample/python3 ;; esac\n')
    python.chmod(0o755)
    assert says in run_make_venv(make_venv, str(python))


def test_a_read_only_checkout_is_named(make_venv: Path) -> None:
    """Where nothing can be written, set-up says so first."""
    (make_venv.parent.parent / ".write-test").mkdir()  # stands in the way as a read-only file system would
    assert "this checkout is read-only" in run_make_venv(make_venv, sys.executable)


def test_data_files_are_installed_with_the_package(project: dict, checkout: Path) -> None:
    """Whatever stands in labkit beside Python files is package data."""
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    files = [path for path in (checkout / "labkit").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert files
    assert [str(path) for path in files if not any(path.match(pattern) for pattern in patterns)] == []
