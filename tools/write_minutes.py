"""Reckon how many minutes each lab takes, and write them where they stand: labs' heads, README, docs/minutes.md.

Run by `make minutes`; a test holds the pages to the reckoning.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.exercises.loader import LabFolder, labs, notebook_files

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("docs/minutes.md")

# Adults read English prose at some 240 words a minute (Brysbaert, How many words do we read per minute?,
# Journal of Memory and Language 109, 2019); readers of a second language, and of technical text, more slowly.
WORDS_A_MINUTE = 200
OUTPUT_WORDS_A_MINUTE = 400  # an output is looked through
SECONDS_A_CELL = 20  # run it, and see what came
SECONDS_A_LINE = 4
SECONDS_AN_EXERCISE = 120  # read the task, and think
SECONDS_A_LINE_OF_SOLUTION = 30
STEP = 5  # minutes are given in steps of five

TIME = re.compile(r"(\*\*Time\*\* )\d+( minutes)")
HOURS = re.compile(r"(All labs together take about )\d+( hours)")
HEAD = f"""\
# How long a lab takes

The minutes at a lab's head are reckoned, the same way for all:

| What | Time |
|---|---|
| prose | {WORDS_A_MINUTE} words a minute |
| outputs, which one looks through | {OUTPUT_WORDS_A_MINUTE} words a minute |
| a code cell: run it, and see what came | {SECONDS_A_CELL} seconds, and {SECONDS_A_LINE} for each line |
| an exercise: read the task, and think | {SECONDS_AN_EXERCISE} seconds |
| each line of its shipped solution | {SECONDS_A_LINE_OF_SOLUTION} seconds |

Adults read English prose at some 240 words a minute (M. Brysbaert, *How many words do we read per minute?*, Journal of
Memory and Language 109, 2019). We reckon with fewer, since many read in a second language. The seconds are our own
guess. If your class needs longer than the sum says, tell us which lab, and how long.

Written by `make minutes` from the notebooks. Do not edit this page.

| Lab | Words | Words of outputs | Code cells | Lines of code | Exercises | Minutes |
|---|---:|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a notebook gives to do, counted."""

    path: Path
    words: int
    output_words: int
    cells: int
    lines: int
    exercises: int
    solution_lines: int

    @property
    def minutes(self) -> int:
        """The sum in minutes, in steps of five."""
        seconds = (
            self.words * 60 / WORDS_A_MINUTE
            + self.output_words * 60 / OUTPUT_WORDS_A_MINUTE
            + self.cells * SECONDS_A_CELL
            + self.lines * SECONDS_A_LINE
            + self.exercises * SECONDS_AN_EXERCISE
            + self.solution_lines * SECONDS_A_LINE_OF_SOLUTION
        )
        return STEP * round(seconds / 60 / STEP)

    def row(self) -> str:
        """The line of the table."""
        link = f"[{self.path.stem}](../{self.path.as_posix()})"
        counts = (self.words, self.output_words, self.cells, self.lines, self.exercises, self.minutes)
        return f"| {link} | {' | '.join(f'{each:,}' for each in counts)} |"


def reckon(path: Path, lab: LabFolder | None) -> Reckoning:
    """Count one notebook; `path` is relative to the checkout, `lab` holds its exercises."""
    cells = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    prose = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    specs = lab.specs() if lab else ()
    return Reckoning(
        path,
        words=_words(_without_links(prose)),
        output_words=sum(_words(_shown(output)) for cell in code for output in cell["outputs"]),
        cells=len(code),
        lines=sum(len("".join(cell["source"]).splitlines()) for cell in code),
        exercises=len(specs),
        solution_lines=sum(len(spec.solution.splitlines()) for spec in specs),
    )


def reckonings() -> list[Reckoning]:
    """Reckon every notebook, in order."""
    known = labs()
    return [reckon(path.relative_to(ROOT), known.get(path.stem)) for path in notebook_files(ROOT)]


def pages() -> dict[Path, str]:
    """Make the text of every page that tells minutes, by its path in the checkout."""
    found = reckonings()
    hours = round(sum(each.minutes for each in found) / 60)
    made = {PAGE: HEAD + "\n".join(each.row() for each in found) + f"\n\nTogether about {hours} hours.\n"}
    for each in found:
        text = (ROOT / each.path).read_text(encoding="utf-8")
        made[each.path] = TIME.sub(rf"\g<1>{each.minutes}\g<2>", text, count=1)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for each in found:
        row = re.compile(rf"(\| \[{re.escape(each.path.stem)}\]\([^|]*\| [^|]* \| )\d*( \|)")
        readme = row.sub(rf"\g<1>{each.minutes}\g<2>", readme)
    made[Path("README.md")] = readme
    workshop = Path("docs/workshop.md")
    made[workshop] = HOURS.sub(rf"\g<1>{hours}\g<2>", (ROOT / workshop).read_text(encoding="utf-8"))
    return made


def _without_links(prose: str) -> str:
    """The prose as one reads it: no pictures' descriptions, no addresses."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"!\[[^\]]*\]\([^)]*\)", "", prose))


def _shown(output: dict[str, Any]) -> str:
    """What an output shows as text."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(text)


def _words(text: str) -> int:
    return len(re.findall(r"\w+(?:['’.:/_-]\w+)*", text))


def main() -> int:
    """Write the pages that changed, and tell which."""
    for path, text in pages().items():
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text:
            (ROOT / path).write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
