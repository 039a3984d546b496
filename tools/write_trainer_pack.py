"""Write the trainer's pack: a page a lab, and the plans with their minutes, into workshop/trainer/.

And what the trainer's page on a hub knows of the course, into workshop/class_service/course.json.

Made of the notebooks' heads, docs/exam.tsv, the data of exercises and quizzes, and two files of workshop/trainer/, with
questions and plans, so that it can't say what the labs don't. Run by `make trainer`; a test holds the pages to it.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from labkit.exercises import Spec
from labkit.exercises.loader import NOTEBOOKS, LabFolder, labs
from labkit.quiz import Entry
from labkit.quiz.files import entries
from labkit.quiz.questions import LETTERS

ROOT = Path(__file__).resolve().parent.parent
PACK = Path("workshop/trainer")
PLANS = PACK / "plans.toml"
QUESTIONS = PACK / "questions.toml"
COURSE = Path("workshop/class_service/course.json")
MADE = "<!-- Made by `make trainer`. -->"
INTRODUCTION = (
    "The minutes are the labs' own, as they are reckoned for one learner without help. Not everybody will be done when "
    "they are over. The others go on at home: the notebooks are theirs."
)
MADE_QUESTIONS = {
    "account": "How is a call in the learner's own account decided? Say: first look for a Deny. Then ask of each allow "
    "whether its principal, action and condition fit. Is the way in the key policy, an IAM policy or a grant?",
    "documents": "Some policies and a call are shown: how is it decided? Say: first look for a Deny. Then ask of each "
    "allow whether its principal, action and condition fit. Last, is there a limit such as a boundary?",
    "state": "A key is in some state: which calls run? Say: try it with a key of your own, or look at the row of the "
    "state in AWS's table of key states.",
    "usage": "A key has a spec and a usage: which operations can use it? Say: the usage is chosen once, and a key does "
    "nothing else.",
}
"""What to say of a question that is made when a quiz is opened, by its maker."""
_TIME = re.compile(r"\*\*Time\*\* (\d+) minutes")
_LEARN = re.compile(r"\*\*You will learn\*\*\n\n((?:- .*\n?(?:  .*\n?)*)+)")
_NUMBER = re.compile(r"(\d\d?)-")


@dataclass(frozen=True, slots=True)
class Lab:
    """What a trainer's page says of a lab."""

    name: str
    notebook: Path
    title: str
    aims: str
    minutes: int
    specs: tuple[Spec, ...]
    questions: tuple[Mapping[str, str], ...]
    quiz: tuple[Entry, ...]


def read_labs() -> dict[str, Lab]:
    """Read every lab and project of labkit's own, in order."""
    with open(ROOT / "docs" / "exam.tsv", encoding="utf-8", newline="") as file:
        exam = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    more = tomllib.loads((ROOT / QUESTIONS).read_text(encoding="utf-8"))
    found = {name: lab for name, lab in labs().items() if lab.path.parent in NOTEBOOKS}
    if unknown := sorted(more.keys() - found.keys()):
        raise ValueError(f"{QUESTIONS}: there is no lab {unknown[0]}")
    return {name: _lab(lab, exam, more.get(name, {})) for name, lab in found.items()}


def _lab(lab: LabFolder, exam: list[dict[str, str]], more: Mapping[str, Sequence[str]]) -> Lab:
    notebook = NOTEBOOKS[lab.path.parent] / f"{lab.name}.ipynb"
    head = str(nbformat.read(ROOT / notebook, as_version=4).cells[0].source)  # type: ignore[no-untyped-call]
    aims, minutes, number = _LEARN.search(head), _TIME.search(head), _NUMBER.match(lab.name)
    if aims is None or minutes is None or number is None:
        raise ValueError(f"{notebook}: its head has no aims or no minutes")
    asked = tuple(row for row in exam if row["lab"] == number[1] and lab.name.startswith(f"{row['lab']}-"))
    asked += tuple({"question": question, "answer": told[0], "section": told[1]} for question, told in more.items())
    title = head.partition("\n")[0].removeprefix("# ")
    return Lab(lab.name, notebook, title, aims[1].strip(), int(minutes[1]), lab.specs(), asked, entries(lab.path))


def page(lab: Lab) -> str:
    """Make a lab's page."""
    link = f"[{lab.name}](../../{lab.notebook.as_posix()})"
    head = f"{MADE}\n\n# {lab.title} (for the trainer)\n\n{link}, {lab.minutes} minutes. [All plans](plans.md).\n"
    parts = [head, f"## Aims\n\n{lab.aims}\n"]
    if lab.questions:
        asked = "\n".join(f"- **{row['question']}**\n  {row['answer']}{_where(row)}" for row in lab.questions)
        parts.append(f"## The questions that come\n\n{asked}\n")
    parts.append("## The exercises, and the usual wrong answers\n")
    parts += [_exercise(spec) for spec in lab.specs]
    if lab.quiz:
        parts.append("## The quiz, and what to say\n")
        parts += [_question(entry) for entry in lab.quiz]
    return "\n".join(parts)


def _where(row: Mapping[str, str]) -> str:
    return f"\n  In the lab: *{row['section']}*." if row["section"] else ""


def _exercise(spec: Spec) -> str:
    wrong = "\n".join(f"{_code(each.code)}\n\nThe check's answer has the words: *{each.says}*\n" for each in spec.wrong)
    say = "\n".join(f"{number}. {hint}" for number, hint in enumerate(spec.hints, 1))
    return (
        f"### {spec.title}\n\n{spec.task}\n\nThe usual wrong answers:\n\n{wrong}\nWhat to say, step by step:\n\n{say}\n"
    )


def _question(entry: Entry) -> str:
    """Write a question with its right answers, and to each wrong one what to say."""
    where = entry.source if entry.source.startswith("https://") else f"*{entry.source}*"
    if entry.question is None:
        return f"**{entry.id}**, made when the quiz is opened. {MADE_QUESTIONS[entry.maker]} In the lab: {where}.\n"
    choices = entry.question.choices
    right = "; ".join(each.text for each in choices if each.is_right)
    wrong = "\n".join(f"- {each.text}. Say: {each.why}" for each in choices if not each.is_right)
    text = entry.question.text.replace("\n", "\n\n")
    return f"**{text}**\n\nRight: {right}. In the lab: {where}.\n\n{wrong}\n"


def course(found: Mapping[str, Lab]) -> str:
    """Make what the class's page knows: titles, and what to say to exercises and to wrong choices in quizzes."""
    labs = {
        lab.name: {
            "title": lab.title,
            "exercises": {spec.id: {"title": spec.title, "hints": list(spec.hints)} for spec in lab.specs},
            "questions": {entry.id: _known(entry) for entry in lab.quiz},
        }
        for lab in found.values()
    }
    return f"{json.dumps(labs, indent=1, ensure_ascii=False)}\n"


def _known(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {"version": entry.version, "source": entry.source}
    if entry.question is None:
        told["text"] = MADE_QUESTIONS[entry.maker]
    else:
        told["text"] = entry.question.text
        told["choices"] = {
            letter: {"text": each.text, **({"right": ""} if each.is_right else {"why": each.why})}
            for letter, each in zip(LETTERS, entry.question.choices, strict=False)
        }
    return told


def _code(code: str) -> str:
    return f"```python\n{code.strip()}\n```"


def plans(found: Mapping[str, Lab]) -> str:
    """Make the page of plans. ValueError for a day that takes longer than it says."""
    data = tomllib.loads((ROOT / PLANS).read_text(encoding="utf-8"))
    parts = [f"{MADE}\n\n# Plans\n\n{INTRODUCTION}\n"]
    for plan in data["plan"]:
        parts.append(f"## {plan['title']}\n\n{plan['for']}\n")
        for number, day in enumerate(plan["day"], 1):
            rows = list(_rows(day["blocks"], found))
            total = sum(minutes for _, minutes in rows)
            if total > day["minutes"]:
                raise ValueError(f"{plan['title']}, day {number}: {total} minutes are more than {day['minutes']}")
            heading = f"### Day {number}\n\n" if len(plan["day"]) > 1 else ""
            lines = "\n".join(f"| {_clock(rows, at)} | {what} | {minutes} |" for at, (what, minutes) in enumerate(rows))
            parts.append(
                f"{heading}| Begins after | What | Minutes |\n|---|---|---|\n{lines}\n\n"
                f"In all {total // 60} hours {total % 60} minutes.\n"
            )
    return "\n".join(parts)


def _rows(blocks: list[dict[str, Any]], found: Mapping[str, Lab]) -> Iterator[tuple[str, int]]:
    for block in blocks:
        if "labs" not in block:
            yield block["what"], block["minutes"]
        for name in block.get("labs", ()):
            yield f"[{found[name].title}]({name}.md)", found[name].minutes


def _clock(rows: list[tuple[str, int]], at: int) -> str:
    before = sum(minutes for _, minutes in rows[:at])
    return f"{before // 60}:{before % 60:02}"


def pages() -> dict[Path, str]:
    """Make every file of the pack, by its path in the checkout."""
    found = read_labs()
    made = {PACK / "plans.md": plans(found), COURSE: course(found)}
    return made | {PACK / f"{name}.md": page(lab) for name, lab in found.items()}


def main() -> int:
    """Write them, and take away those of labs that are no more."""
    made = pages()
    for old in (ROOT / PACK).glob("[0-9]*.md"):
        if PACK / old.name not in made:
            old.unlink()
    for path, text in made.items():
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
