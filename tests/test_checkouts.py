"""Labs work where people keep them: a path with a space and an umlaut, another user's folder, an installed package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from labkit.learn.material import course

SECONDS = 400
NOBODY = 65534
LABS = ("notebooks/02-create-keys.ipynb", "notebooks/03-encrypt-and-decrypt.ipynb")  # both have `!aws` cells
FOLDERS = ("labkit", "tools", "notebooks", "data", "docs", "examples")
FILES = (
    "pyproject.toml", "constraints.txt", "README.md", "LICENSE", "Makefile", "FIDELITY.md", "CHANGELOG.md",
    "CONTRIBUTING.md",
)  # fmt: skip
NBVAL = ("-m", "pytest", "-q", "-n0", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-o", "addopts=")
OWN = ("LABKIT_", "AWS_", "PYTHON", "JUPYTER_", "IPYTHON", "PYTEST_", "XDG_")
SAMPLE = "from labkit.trail.samples import sample; print(sample('fortnight'))"
INSTALLED = """
import labkit, boto3
lab = labkit.start()
exercise = labkit.start("00-start-here").exercise("hello-key")
exercise.check()
boto3.client("kms").create_key(Description="Hello, KMS")
exercise.check()
print(labkit.__file__)
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(home: Path, folder: Path) -> dict[str, str]:
    """What a shell of somebody else would have: no setting of this test's, and another home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    path = os.pathsep.join([str(folder / ".venv" / "bin"), "/usr/local/bin:/usr/bin:/bin"])
    return kept | {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def run(command: list[object], folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it in that folder; answers its outcome, with both streams in stdout."""
    words = [str(word) for word in command]
    out, both = subprocess.PIPE, subprocess.STDOUT
    return subprocess.run(words, cwd=folder, env=env, stdout=out, stderr=both, text=True, timeout=SECONDS)


def copied(checkout: Path, folder: Path) -> Path:
    """A checkout in that folder, as git would bring it."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "made", "*.egg-info")
    folder.mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(checkout / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy2(checkout / name, folder)
    return folder


def with_packages(folder: Path, without: tuple[str, ...] = ("labkit",)) -> Path:
    """An environment in that folder that has this one's packages, but for some; answers its Python."""
    venv.create(folder / ".venv", with_pip=False, symlinks=True)
    shared = folder / ".venv" / "shared"
    shared.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not any(name in each.name for name in without):
            (shared / each.name).symlink_to(each)
    python = folder / ".venv" / "bin" / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(run(list(asked), folder, {}).stdout.strip())
    (site / "shared.pth").write_text(str(shared) + "\n", encoding="utf-8")
    as_pip_writes_it(folder)
    return python


def as_pip_writes_it(folder: Path) -> Path:
    """The launcher of `aws`, as after an update of awscli."""
    body = "import sys\nimport awscli.clidriver\nsys.exit(awscli.clidriver.main())\n"
    path = folder / ".venv" / "bin" / "aws"
    path.write_text(f"#!{folder}/.venv/bin/python\n{body}", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def somewhere() -> Iterator[Path]:
    """A folder that every user may look into, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="labkit-checkouts-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def labs(somewhere: Path, checkout: Path, need: Callable[[str, object], None]) -> Path:
    """A checkout that `make setup` has set up, in a path with a space and an umlaut."""
    folder = copied(checkout, somewhere / "my labs ü" / "checkout")
    python = with_packages(folder)
    run([python, "-m", "compileall", "-q", "labkit"], folder, {})  # as the first of the commands below would leave it
    answer = run(["sh", "tools/make-venv"], folder, environment(somewhere, folder) | {"PYTHON": sys.executable})
    offline = "setuptools" in answer.stdout and "No matching distribution" in answer.stdout
    need("An index of packages (setuptools, to install labkit)", not offline)
    assert answer.returncode == 0, answer.stdout
    assert "Mended the launchers" in answer.stdout
    return folder


def test_set_up_and_doctor(labs: Path, somewhere: Path) -> None:
    """Each command runs; doctor finds nothing to mend, and says so when pip has written its own launcher again."""
    env = environment(somewhere, labs)
    assert run(["aws", "--version"], labs, env).stdout.startswith("aws-cli/")
    assert run(["labkit", "--version"], labs, env).stdout.startswith("labkit ")
    answer = run(["labkit", "doctor"], labs, env)
    assert answer.returncode == 0, answer.stdout
    assert "wrong" not in answer.stdout
    aws = as_pip_writes_it(labs)
    answer = run(["labkit", "doctor"], labs, env)
    assert answer.returncode == 1
    assert "doctor --mend" in answer.stdout
    assert run(["labkit", "doctor", "--mend"], labs, env).returncode == 0
    assert run([aws, "--version"], labs, env).stdout.startswith("aws-cli/")


def test_labs_in_a_path_with_a_space(labs: Path, somewhere: Path) -> None:
    """Their outputs are those committed, `!aws` cells' too, though pip has just updated awscli."""
    as_pip_writes_it(labs)
    answer = run([labs / ".venv/bin/python", *NBVAL, *LABS], labs, environment(somewhere, labs))
    assert answer.returncode == 0, answer.stdout[-4000:]


@pytest.fixture
def as_nobody(labs: Path, somewhere: Path, need: Callable[[str, object], None]) -> Run:
    """Runs a command in the checkout as a user without privileges or a home of the system's."""
    need("Permission to become another user (root)", os.getuid() == 0)
    need("setpriv (util-linux)", shutil.which("setpriv"))
    home = somewhere / "home of nobody"
    home.mkdir(exist_ok=True)
    os.chown(home, NOBODY, NOBODY)
    env = environment(home, labs) | {"TMPDIR": str(home)}
    plain = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    # This environment's own Python may lie in a folder of root's: then nobody may read everything, and write no more.
    reading = [*plain, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    look = [labs / ".venv/bin/python", "-c", f"import sys, boto3; assert sys.version == {sys.version!r}"]
    able = next((each for each in (plain, reading) if run([*each, *look], labs, env).returncode == 0), None)
    need("A Python that other users may run", able)
    assert able is not None
    return lambda *command: run([*able, *command], labs, env)


def test_another_users_checkout(labs: Path, somewhere: Path, as_nobody: Run) -> None:
    """It can be read and not written: labs run, logs go to the cache, and what can't be done is said."""
    run(["labkit", "doctor", "--mend"], labs, environment(somewhere, labs))
    answer = as_nobody(labs / ".venv/bin/python", *NBVAL, LABS[0])
    assert answer.returncode == 0, answer.stdout[-4000:]
    sample = as_nobody(labs / ".venv/bin/python", "-c", SAMPLE)
    assert sample.stdout.startswith(f"{somewhere}/home of nobody/.cache/labkit/fortnight-"), sample.stdout
    doctor = as_nobody("labkit", "doctor")
    assert doctor.returncode == 1
    assert "notebooks cannot be written to: Permission denied" in doctor.stdout
    assert "this checkout is read-only" in as_nobody("sh", "tools/make-venv").stdout


def test_an_unprivileged_users_own_checkout(labs: Path, as_nobody: Run) -> None:
    """No command needs root: doctor finds nothing, launchers are mended, logs stay in the checkout."""
    subprocess.run(["chown", "-R", "-h", f"{NOBODY}:{NOBODY}", labs], check=True)
    as_pip_writes_it(labs)
    assert as_nobody("labkit", "doctor", "--mend").returncode == 0
    assert as_nobody("aws", "--version").stdout.startswith("aws-cli/")
    sample = as_nobody(labs / ".venv/bin/python", "-c", SAMPLE)
    assert sample.stdout.startswith(f"{labs}/data/made/fortnight-"), sample.stdout


def test_from_the_wheel(somewhere: Path, checkout: Path, need: Callable[[str, object], None]) -> None:
    """An installed package has its labs with it, checks exercises, and keeps logs in the user's cache."""
    source = copied(checkout, somewhere / "source")
    env = environment(somewhere, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    built = run([*pip, "wheel", "--no-deps", "-q", "-w", somewhere / "wheels", source], source, env)
    offline = "setuptools" in built.stdout and "No matching distribution" in built.stdout
    need("An index of packages (setuptools, to build a wheel)", not offline)
    assert built.returncode == 0, built.stdout
    (wheel,) = (somewhere / "wheels").glob("*.whl")
    target = somewhere / "site-packages"
    assert run([*pip, "install", "--no-deps", "-q", "--target", target, wheel], somewhere, env).returncode == 0
    made = {path.relative_to(source) for path in (source / "labkit").rglob("*") if path.is_file()}
    there = {path.relative_to(target) for path in (target / "labkit").rglob("*") if path.is_file()}
    assert made - there == set()
    installed = env | {"PYTHONPATH": str(target), "HOME": str(somewhere / "home of the wheel")}
    shutil.rmtree(source)
    answer = run([sys.executable, "-c", INSTALLED], somewhere, installed)
    assert str(target) in answer.stdout, answer.stdout
    assert re.findall("Not attempted|Solved", answer.stdout, re.IGNORECASE) == ["not attempted", "solved"]
    sample = run([sys.executable, "-c", SAMPLE], somewhere, installed)
    assert sample.stdout.startswith(f"{somewhere}/home of the wheel/.cache/labkit/fortnight-"), sample.stdout
    assert not (somewhere / "data").exists()
    learn_from_the_wheel(somewhere, target, installed)


def learn_from_the_wheel(somewhere: Path, target: Path, installed: dict[str, str]) -> None:
    """`pip install labkit` and `labkit learn`, without git, make or JupyterLab: the labs are there, and run."""
    folder = somewhere / "somebody"
    folder.mkdir()
    bare = with_packages(folder, without=("labkit", "jupyterlab", "pandas", "ipywidgets", "awscli"))
    answer = run([bare, "-m", "labkit.cli", "learn", "--no-open", "my labs"], folder, installed)
    assert answer.returncode == 0, answer.stdout
    assert "Not installed here: jupyterlab, awscli, pandas, ipywidgets." in answer.stdout
    handed_out = {path.relative_to(folder / "my labs").as_posix() for path in (folder / "my labs").rglob("*.*")}
    assert set(course()) <= handed_out | {"LICENSE"}
    first = folder / "my labs" / "notebooks" / "00-start-here.ipynb"
    answer = run([sys.executable, *NBVAL, first], first.parent, installed)  # with what the extra `notebooks` brings
    assert answer.returncode == 0, answer.stdout[-4000:]
