"""Run labs in the mode for real accounts, against `labkit serve --wall-clock` taken for the real AWS. No AWS is called.

python tools/standin_run.py                 # all labs, and a report
python tools/standin_run.py --late 2 06 11  # two labs, in an account that sees each change two seconds late
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.real_run import Outcome, chosen, plain, report, run

REGION = "us-east-1"
WITHOUT_SECOND = {"LABKIT_SECOND_PROFILE": "", "LABKIT_SECOND_CONSENT": ""}


@contextmanager
def standin(*options: str) -> Iterator[Mapping[str, Any]]:
    """Run `labkit serve --seed random --wall-clock` with two accounts; what it printed, as JSON."""
    command = [sys.executable, "-m", "labkit.cli", "serve", "--json", "--seed", "random", "--wall-clock"]
    command += ["--accounts", "2", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def moto_server() -> Iterator[Mapping[str, Any]]:
    """Run moto's own server, which knows neither policies nor key states as AWS does; the same facts of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    keys = {"access_key_id": "AKIAMOTOMOTOMOTOMOTO", "secret_access_key": "moto"}  # any will do: moto asks for none
    accounts = [{"account_id": number, **keys} for number in ("123456789012", "210987654321")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                with suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=1):
                    break
                time.sleep(0.1)
            yield {"endpoint": f"http://127.0.0.1:{port}", "accounts": accounts}
        finally:
            process.terminate()


def environment(served: Mapping[str, Any], folder: Path, patience: str) -> dict[str, str]:
    """Give a kernel the variables of somebody with that account, who has agreed, and allows what is asked for."""
    first, second = served["accounts"]
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "aws-config"
    keys = f"aws_access_key_id = {second['access_key_id']}\naws_secret_access_key = {second['secret_access_key']}\n"
    config.write_text(f"[profile second]\nregion = {REGION}\n{keys}", encoding="utf-8")
    kept = {name: value for name, value in plain().items() if not name.startswith(("AWS_", "LABKIT_"))}
    return kept | {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": first["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": first["secret_access_key"],
        "AWS_REGION": REGION,
        "LABKIT_ACCOUNT": "aws",
        "LABKIT_STANDIN_ENDPOINT": served["endpoint"],
        "LABKIT_CONSENT": f"{first['account_id']}:{REGION}:{first['account_id']}",
        "LABKIT_SECOND_PROFILE": "second",
        "LABKIT_SECOND_CONSENT": f"{second['account_id']}:{REGION}:{second['account_id']}",
        "LABKIT_ALLOW": "all",
        "LABKIT_HOME": str(folder / "home"),
        "LABKIT_DATA": str(folder / "data"),
        "LABKIT_PATIENCE": patience,
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parent.parent), kept.get("PYTHONPATH", "")])),
        "TZ": "UTC",
    }


def run_labs(
    names: list[str], folder: Path, options: list[str], patience: str, settings: Mapping[str, str]
) -> list[Outcome]:
    """Run each lab against a stand-in of its own, as an account that nobody else uses would be."""
    outcomes = []
    for number, notebook in enumerate(chosen(names)):
        with standin(*options) as served:
            outcome = run(notebook, folder, {**environment(served, folder / f"{number}", patience), **settings})
        print(f"{outcome.lab}: {outcome.verdict}, {outcome.seconds:.0f} s", *outcome.errors[:5], sep="\n  ", flush=True)
        outcomes.append(outcome)
    return outcomes


def main(arguments: list[str]) -> int:
    """Run the labs that are named, all without any; answers how many failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labs", nargs="*", metavar="LAB", help="labs by number or name; all without any")
    parser.add_argument("--late", metavar="SECONDS", help="let the stand-in see changes late: see `labkit serve`")
    parser.add_argument(
        "--patience", default="", help="by which waits are multiplied (LABKIT_PATIENCE); 1 with --late, else 0.2"
    )
    parser.add_argument("--second", action="store_true", help="give the labs a second account, too")
    parser.add_argument("--folder", type=Path, help="where copies and report go; a new one unless given")
    given = parser.parse_args(arguments)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="labkit-standin-"))
    options = ["--late", given.late] if given.late else []
    patience = given.patience or ("1" if given.late else "0.2")
    outcomes = run_labs(given.labs, folder, options, patience, {} if given.second else WITHOUT_SECOND)
    (folder / "report.md").write_text(report(outcomes, "a stand-in for AWS (labkit serve)"), encoding="utf-8")
    print(folder / "report.md")
    return sum(bool(each.errors) for each in outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
