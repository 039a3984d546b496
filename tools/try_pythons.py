"""Ask the package index whether constraints.txt holds: each Python that labkit names, on each platform, from wheels.

    python -m pip install uv && python tools/try_pythons.py

Resolves, and installs nothing; writes no file of the checkout. Needs the network, so it is no test. docs/install.md
says when it was run last, and what came out.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PLATFORMS = ("linux", "aarch64-unknown-linux-gnu", "macos", "windows")  # Intel Macs: cryptography has no wheels
RESOLVE = (
    "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:", "--all-extras",
    "-c", "constraints.txt", "pyproject.toml",
)  # fmt: skip


def pythons() -> list[str]:
    """The versions that pyproject.toml names."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))


def tried(python: str, platform: str) -> tuple[int, str]:
    """How many packages there are; 0 with uv's words where a pin has no wheel."""
    command = [sys.executable, "-m", "uv", *RESOLVE, "--python-version", python, "--python-platform", platform]
    told = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return (len(told.stdout.splitlines()), "") if told.returncode == 0 else (0, told.stderr)


def main() -> int:
    """Print a line for each; 1 if one can't be installed."""
    failed = 0
    for platform in PLATFORMS:
        for python in pythons():
            count, words = tried(python, platform)
            print(f"Python {python} on {platform}: {f'{count} packages' if count else words}", flush=True)
            failed += not count
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
