"""What is right and wrong with this machine for the labs, and how to mend each.

Looks at the interpreter, packages, commands, settings, a port and a folder; changes nothing but a
temporary file in the notebooks' folder, which it takes away again.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from .accounts import launchers

CHECKOUT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
# AWS_ENDPOINT_URL is read since these versions (aws-cli's changelog; localstack/awscli-local issue 76).
ENDPOINT_AWARE = {1: (1, 29, 0), 2: (2, 13, 0)}
COMMAND_SECONDS = 20
# What labs name beside `aws`, what for, and where it comes from.
PROGRAMS = {
    "openssl": "Some cells of labs 03, 09 and 10 use it.",
    "base64": "No cell needs it: `openssl base64 -d -A` stands there, and in Python base64.b64decode.",
    "jq": "No cell needs it: the texts of lab 18 show it beside pandas.",
}
INSTALL = {
    "openssl": "Install it from your system's packages, or with: conda install -c conda-forge openssl",
    "base64": "On Windows it comes with Git and with WSL.",
    "jq": "Install it from your system's packages, or with: conda install -c conda-forge jq",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. "wrong" must be mended before a lab can run; "look" may surprise."""

    status: Literal["right", "look", "wrong"]
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.status:>5}  {self.what}" + (f"\n       → {self.mend}" if self.mend else "")


def examine() -> list[Finding]:
    """Look at everything, in the order in which one would mend it."""
    return [
        python(sys.version_info[:3]),
        *packages(_constraints()),
        *commands(launchers.commands()),
        aws_command(os.environ),
        *programs(os.environ),
        loopback(),
        writable(CHECKOUT / "notebooks"),
        *settings(os.environ),
        *config_file(Path(os.path.expanduser(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config"))),
        *endpoint(os.environ),
    ]


def python(version: tuple[int, ...]) -> Finding:
    """Look whether this Python is new enough."""
    text = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return Finding("right", f"Python {text}")
    return Finding(
        "wrong", f"Python {text} is too old; labs need 3.11", "Install Python 3.11 or newer, then `make setup`."
    )


def _constraints() -> Path:
    """Name the list of versions: the checkout's, or the one that a wheel brings."""
    carried = Path(__file__).resolve().parent / "learn" / "material" / "constraints.txt"
    return carried if carried.is_file() else CHECKOUT / "constraints.txt"


def packages(constraints: Path) -> list[Finding]:
    """Look whether the packages are there, in the versions that the labs are tested with."""
    if not constraints.is_file():
        return [Finding("look", "constraints.txt is not here: package versions were not compared")]
    tested = dict(re.findall(r"^([\w.-]+)==(\S+)", constraints.read_text(), re.MULTILINE))
    installed = {re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in metadata.distributions()}
    other = [
        f"{name} {installed[name]} (tested: {version})"
        for name, version in tested.items()
        if installed.get(name, version) != version
    ]
    missing = [name for name in ("jupyterlab", "pandas", "ipywidgets", "awscli") if name not in installed]
    findings = []
    if other:
        listed = ", ".join(other[:5]) + (" …" if len(other) > 5 else "")
        without = f"pip install -c {_quoted(str(constraints))} 'labkit[notebooks]'"
        mend = f"Run `make setup`, or, without a checkout: {without}"
        findings.append(Finding("look", f"package versions differ from the tested ones: {listed}", mend))
    if missing:
        mend = "Run `make setup`, or: pip install -c constraints.txt -e '.[notebooks]'"
        findings.append(Finding("wrong", f"the notebooks' packages are missing: {', '.join(missing)}", mend))
    return findings or [Finding("right", "packages as in constraints.txt")]


def commands(folder: Path) -> list[Finding]:
    """Look whether the environment's commands can run where this folder is."""
    names = [path.name for path in launchers.broken(folder)]
    if not names:
        return []
    listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    what = f"{len(names)} command(s) in {folder} can't run, or run another environment's Python: {listed}"
    why = "The path has a space, or is too long, or the folder was moved or copied."
    return [Finding("wrong", what, f"{why} Run: {_quoted(sys.executable)} -m labkit doctor --mend")]


def mend() -> list[Finding]:
    """Mend what can be mended without asking anybody: the environment's commands."""
    folder = launchers.commands()
    try:
        names = [path.name for path in launchers.mend(folder)]
    except OSError as problem:
        how = "Ask the owner of the folder to run it, or make an environment of your own: clone, then `make setup`."
        return [Finding("wrong", f"the commands in {folder} cannot be mended: {problem.strerror}", how)]
    return [Finding("right", f"mended: {', '.join(names) or 'nothing had to be'}")]


def _quoted(path: str) -> str:
    return shlex.quote(path) if " " in path else path


def aws_command(environ: Mapping[str, str]) -> Finding:
    """Look whether there is an `aws` command that finds a lab by AWS_ENDPOINT_URL."""
    # `make lab` puts the environment's own commands first, so that is the one notebooks use.
    path = os.pathsep.join([str(launchers.commands()), environ.get("PATH", "")])
    command = shutil.which("aws", path=path)
    if command is None:
        return Finding("wrong", "no aws command", "Run `make setup`, which brings one into .venv.")
    answer = run([command, "--version"])
    found = re.search(r"aws-cli/(\d+)\.(\d+)\.(\d+)", answer)
    if found is None:
        mend_it = "Run `labkit doctor --mend`, then: aws --version"
        return Finding("wrong", f"{command} does not say its version", mend_it)
    version = tuple(int(part) for part in found.groups())
    text = f"aws command {'.'.join(found.groups())} ({command})"
    if version < ENDPOINT_AWARE.get(version[0], (0, 0, 0)):
        return Finding(
            "wrong",
            f"{text} is too old to read AWS_ENDPOINT_URL: its calls would go to the real AWS",
            "Use the one in .venv/bin, install a newer one, or: alias aws='aws --endpoint-url \"$AWS_ENDPOINT_URL\"'",
        )
    return Finding("right", text)


def programs(environ: Mapping[str, str]) -> list[Finding]:
    """Look for the other programs that cells and texts of labs name. A lab goes on without them."""
    path = environ.get("PATH", "")
    return [_program(name, shutil.which(name, path=path), use) for name, use in PROGRAMS.items()]


def _program(name: str, command: str | None, use: str) -> Finding:
    if command is None:
        return Finding("look", f"no {name} command", f"{use} {INSTALL[name]}")
    version = run([command, "version"]).strip() if name == "openssl" else ""
    return Finding("right", version or f"{name} ({command})")


def loopback() -> Finding:
    """Look whether a port of 127.0.0.1 be had, and reached? (Without a loopback interface, it can be had.)"""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=COMMAND_SECONDS),
        ):
            return Finding("right", "ports of 127.0.0.1 can be used")
    except OSError as problem:
        mend = "A firewall or sandbox forbids it: allow programs to use the loopback interface."
        return Finding("wrong", f"no port of 127.0.0.1 can be used: {problem}", mend)


def writable(folder: Path) -> Finding:
    """Can notebooks be saved?"""
    if not folder.is_dir():
        mend = "Put them into a folder of yours: labkit learn"
        return Finding("look", "the notebooks are not here: this is labkit without its checkout", mend)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            return Finding("right", "notebooks can be saved")
    except OSError as problem:
        mend = "Copy or clone the checkout to a folder where you may write."
        return Finding("wrong", f"{folder} cannot be written to: {problem.strerror}", mend)


def settings(environ: Mapping[str, str]) -> list[Finding]:
    """Do variables stand in the environment that lead calls elsewhere, or change what commands print?"""
    findings = []
    overriding = sorted(name for name in environ if name.startswith("AWS_ENDPOINT_URL_"))
    if overriding:
        what = f"{', '.join(overriding)} would lead some services' calls past `labkit serve`"
        findings.append(Finding("look", what, f"unset {' '.join(overriding)}"))
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        what = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS makes AWS_ENDPOINT_URL count for nothing"
        findings.append(Finding("look", what, "unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
    profiles = [name for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if environ.get(name)]
    if profiles:
        what = f"{' and '.join(profiles)} select a profile of yours, with its own credentials and settings"
        findings.append(Finding("look", what, f"unset {' '.join(profiles)} in terminals that use `labkit serve`"))
    if environ.get("AWS_DEFAULT_OUTPUT", "json") != "json":
        what = "AWS_DEFAULT_OUTPUT is not json: the aws command prints otherwise than the notebooks show"
        findings.append(Finding("look", what, "unset AWS_DEFAULT_OUTPUT"))
    proxy = next((name for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy") if environ.get(name)), None)
    spared = [environ[name] for name in ("NO_PROXY", "no_proxy") if environ.get(name)] or [""]
    if proxy and not all({"127.0.0.1", "*"} & {host.strip() for host in hosts.split(",")} for hosts in spared):
        what = f"{proxy} is set, and NO_PROXY does not spare 127.0.0.1: calls to `labkit serve` go to the proxy"
        findings.append(Finding("look", what, "export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost"))
    return findings or [Finding("right", "no settings in the environment that interfere")]


def config_file(path: Path) -> list[Finding]:
    """Does the default profile change what commands print? (labkit.start leaves the file aside.)"""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path)
    except (configparser.Error, UnicodeDecodeError, OSError):
        return [Finding("look", f"{path} cannot be read as an AWS config file", "Mend it, or set AWS_CONFIG_FILE.")]
    if not parser.has_section("default"):
        return []
    surprising = [name for name in ("output", "cli_binary_format", "region") if parser.has_option("default", name)]
    if not surprising:
        return []
    what = f"the default profile in {path} sets {', '.join(surprising)}, which the aws command obeys in a terminal"
    return [Finding("look", what, "In that terminal: export AWS_CONFIG_FILE=/dev/null")]


def endpoint(environ: Mapping[str, str]) -> list[Finding]:
    """Does the account that LABKIT_ENDPOINT names answer?"""
    address = environ.get("LABKIT_ENDPOINT")
    if not address:
        return []
    from .accounts.remote import Remote
    from .errors import LabError

    try:
        Remote(address, environ.get("LABKIT_CONTROL_TOKEN", "")).get("health")
    except LabError as problem:
        return [Finding("wrong", "LABKIT_ENDPOINT is set, and no account lets this terminal in", str(problem))]
    return [Finding("right", f"LABKIT_ENDPOINT: the account at {address} answers")]


def run(command: list[str]) -> str:
    """Run a command and return what it prints, on either stream; empty if it cannot be run."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)  # noqa: S603 - a fixed command, no shell
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout + answer.stderr
