"""`make site`: build the pages into build/site, first page index.html. Offline, once the packages are there.

    python site/build.py [FOLDER]

SITE_REPOSITORY (https://github.com/OWNER/NAME) puts a link to Binder on each notebook's page, SITE_HUB one to a
JupyterHub that has nbgitpuller. May write build/ and the folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
sys.path[:0] = [str(HERE), str(CHECKOUT)]

from pages import lay_out  # noqa: E402

import labkit  # noqa: E402


def python() -> Path:
    """The Python that has Sphinx: in an environment of its own, which also sees the packages of this one."""
    folder = CHECKOUT / "build" / "site-venv"
    found = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = (HERE / "constraints.txt").read_text() + sys.version
    stamp = folder / "ready"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("Installing what the pages are built with …", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        pip = [found, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "-c", HERE / "constraints.txt", "-r", HERE / "requirements.txt"], check=True)
        own = subprocess.run([found, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                             capture_output=True, text=True, check=True)  # fmt: skip
        # The reference reads labkit's docstrings, and labkit imports what is installed here.
        Path(own.stdout.strip(), "here.pth").write_text(f"{sysconfig.get_path('purelib')}\n{CHECKOUT}\n")
        stamp.write_text(wanted)
    return found


def main() -> int:
    """Lay the pages out and have Sphinx build them; its warnings are errors."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "build" / "site"
    sphinx = python()
    source = CHECKOUT / "build" / "site-pages"
    lay_out(source)
    if (out / ".buildinfo").exists():  # pages of an earlier time
        shutil.rmtree(out)
    command = [sphinx, "-m", "sphinx", "-b", "html", "-c", HERE, "-d", CHECKOUT / "build" / "site-trees",
               "-W", "--keep-going", "-q", "-j", "2", source, out]  # fmt: skip
    done = subprocess.run(command, env=os.environ | {"LABKIT_VERSION": labkit.__version__}, check=False)
    if done.returncode == 0:
        print(f"The site is in {out}: open {out / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
