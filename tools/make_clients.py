"""Other people's tools, installed for the tests: Ansible with its AWS modules, and a project of npm's packages.

    python -m tools.make_clients       both, into build/

May write build/ansible and build/javascript. What is there in the wanted versions is not installed again. PyPI's
ansible is 58 MB and 24,000 files; of it the 220 files of `amazon.aws` are kept.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
JAVASCRIPT = ROOT / "examples" / "javascript"
# By exact version, without what they depend on: boto3, cryptography, Jinja2, packaging and PyYAML are .venv's.
ANSIBLE_CORE = ("ansible-core==2.18.19", "resolvelib==1.0.1")
ANSIBLE = "ansible==11.13.0"  # has amazon.aws 9.5.2
COLLECTION = "ansible_collections/amazon/aws/"


def ansible() -> Path:
    """Install Ansible and amazon.aws into build/ansible; the folder of its commands."""
    folder = BUILD / "ansible"
    found = folder / ("Scripts" if os.name == "nt" else "bin")
    wanted = "\n".join([*ANSIBLE_CORE, ANSIBLE, sys.version])
    stamp = folder / "ready"
    if stamp.exists() and stamp.read_text() == wanted:
        return found
    venv.create(folder, with_pip=False, clear=True)
    python = found / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    pip: list[str] = [sys.executable, "-m", "pip", "--python", str(python), "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", *ANSIBLE_CORE], check=True)
    (packages / "here.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as downloaded:
        subprocess.run([*pip, "download", "--no-deps", "--only-binary=:all:", "-d", downloaded, ANSIBLE], check=True)
        with zipfile.ZipFile(next(Path(downloaded).glob("*.whl"))) as wheel:
            wheel.extractall(packages, [name for name in wheel.namelist() if name.startswith(COLLECTION)])
    stamp.write_text(wanted)
    return found


def javascript() -> Path:
    """Copy examples/javascript into build/javascript and install its packages there; that folder."""
    folder = BUILD / "javascript"
    lock = (JAVASCRIPT / "package-lock.json").read_text(encoding="utf-8")
    stamp = folder / "ready"
    folder.mkdir(parents=True, exist_ok=True)
    for file in JAVASCRIPT.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        stamp.unlink(missing_ok=True)
        npm = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(npm, cwd=folder, check=True)
        stamp.write_text(lock, encoding="utf-8")
    return folder


if __name__ == "__main__":
    print(ansible(), javascript(), sep="\n")
