"""Lays out what Sphinx reads: the notebooks, the docs, the ledger, a start page and a reference, in one folder.

Reads the checkout; writes the folder that it is given, and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
TOP = ("CHANGELOG.md", "CONTRIBUTING.md", "FIDELITY.md")
PAGES = (".md", ".ipynb")


def lay_out(folder: Path) -> None:
    """Write all pages into the folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(CHECKOUT / "site" / "_static", folder / "_static")
    for page in _pages():
        _copy(page, folder)
    for name, text in (("index.md", start_page(folder)), ("reference.md", reference())):
        (folder / name).write_text(text, encoding="utf-8")


def _pages() -> Iterator[Path]:
    yield from (CHECKOUT / name for name in TOP)
    for place in ("docs", "workshop"):
        yield from sorted((CHECKOUT / place).rglob("*.md"))
    yield from sorted((CHECKOUT / "examples").glob("*/README.md"))
    yield from sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
    yield from sorted((CHECKOUT / "notebooks" / "projects").glob("*.ipynb"))


def _copy(page: Path, folder: Path) -> None:
    """Copy a page, and the pictures and files that it names; what leads out of the site becomes a copy of the file."""
    place = page.relative_to(CHECKOUT)
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if page.suffix == ".md":
        text = _linked(page.read_text(encoding="utf-8"), page, folder)
        target.write_text(text, encoding="utf-8")
        return
    notebook = json.loads(page.read_text(encoding="utf-8"))
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _linked("".join(cell["source"]), page, folder)
    _offer_to_open(notebook["cells"], place)
    target.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def _linked(text: str, page: Path, folder: Path) -> str:
    """The text, whose links to files of the checkout lead to pages or to copies within the site."""

    def linked(found: re.Match[str]) -> str:
        before, goal, after = found.groups()
        if "://" in goal or goal.startswith("mailto:"):
            return found[0]
        file = (page.parent / goal).resolve()
        if not file.is_relative_to(CHECKOUT) or not file.exists():
            return found[0]  # Sphinx says that it is missing
        place = file.relative_to(CHECKOUT)
        if place == Path("README.md"):
            return f"{before}{goal.removesuffix('README.md')}index.md{after}"
        if file.is_dir():
            inside = next((name for name in ("README.md", "index.md") if (file / name).exists()), "")
            return f"{before}{goal.rstrip('/')}/{inside}{after}" if inside else found[0]
        if file.suffix in PAGES:
            return found[0]
        if file.suffix in (".svg", ".png"):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / place)
            return found[0]
        copy = Path("_files", f"{place}.txt" if not place.suffix else place)
        (folder / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / copy)
        up = os.path.relpath(folder / copy, (folder / page.relative_to(CHECKOUT)).parent)
        return f"{before}{Path(up).as_posix()}{after}"

    return LINK.sub(linked, text)


def _offer_to_open(cells: list[dict[str, object]], place: Path) -> None:
    """Put links below the title that open the notebook where it can be run; by what SITE_BINDER and SITE_HUB say."""
    path = quote(place.as_posix())
    repository, hub = os.environ.get("SITE_REPOSITORY", ""), os.environ.get("SITE_HUB", "")
    links = []
    if repository:
        owner = repository.removeprefix("https://github.com/").strip("/")
        links.append(f"[Open in Binder](https://mybinder.org/v2/gh/{owner}/HEAD?urlpath=lab/tree/{path})")
    if hub and repository:
        name = repository.rstrip("/").rsplit("/", 1)[-1]
        pull = f"repo={quote(repository, safe='')}&urlpath={quote(f'lab/tree/{name}/{place.as_posix()}', safe='')}"
        links.append(f"[Open in JupyterHub]({hub.rstrip('/')}/hub/user-redirect/git-pull?{pull})")
    where = f"`{place.as_posix()}`"
    said = " · ".join([*links, f"or run it yourself: `make lab`, then open {where}" if links
                       else f"Run it yourself: `make lab`, then open {where}"])  # fmt: skip
    cells.insert(1, {"cell_type": "markdown", "id": "open-in", "metadata": {}, "source": said})


def start_page(folder: Path) -> str:
    """The README as the first page, and the order of all pages."""
    home = CHECKOUT / "README.md"
    readme = _linked(home.read_text(encoding="utf-8"), home, folder)
    labs = [f"notebooks/{path.stem}" for path in sorted((CHECKOUT / "notebooks").glob("*.ipynb"))]
    projects = [f"notebooks/projects/{path.stem}" for path in sorted((CHECKOUT / "notebooks/projects").glob("*.ipynb"))]
    docs = [f"docs/{path.stem}" for path in sorted((CHECKOUT / "docs").glob("*.md"))]
    trainers = [
        path.relative_to(CHECKOUT).with_suffix("").as_posix() for path in sorted((CHECKOUT / "workshop").rglob("*.md"))
    ]
    docs += [f"examples/{path.parent.name}/README" for path in sorted((CHECKOUT / "examples").glob("*/README.md"))]
    ledger = ["FIDELITY", *(f"docs/fidelity/{path.stem}" for path in sorted((CHECKOUT / "docs/fidelity").glob("*.md")))]
    rooms = (("Labs", labs), ("Projects", projects), ("Read on", [*docs, "reference"]),
             ("For trainers", trainers), ("The ledger", ledger),
             ("The project", ["CONTRIBUTING", "CHANGELOG"]))  # fmt: skip
    trees = "".join(
        "\n```{toctree}\n:hidden:\n:maxdepth: 1\n:caption: " + name + "\n\n" + "\n".join(pages) + "\n```\n"
        for name, pages in rooms
    )
    return readme + trees


def reference() -> str:
    """What a notebook calls, from the docstrings."""
    return """# Reference

What a lab gives you beside boto3, as its docstrings say it.

```{eval-rst}
.. autofunction:: labkit.start

.. autofunction:: labkit.expect_error

.. autoclass:: labkit.ExpectedError
   :members:

.. autofunction:: labkit.diagnose

.. autoclass:: labkit.Lab
   :members:
   :inherited-members:

.. autoclass:: labkit.lab.LabClock
   :members:

.. autoclass:: labkit.principals.Role
   :members:

.. autoclass:: labkit.principals.User
   :members:

.. autoclass:: labkit.principals.Session
   :members:

.. autoclass:: labkit.principals.Account
   :members:

.. automodule:: labkit.pytest_plugin
   :members:

.. autofunction:: labkit.policy.simulate
```
"""
