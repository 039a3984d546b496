"""All stories, by notebook, then by exercise: those of every file stories_….py beside this one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from .telling import Step

STORIES: dict[str, dict[str, list[list[Step]]]] = {}
for name in sorted(path.stem for path in Path(__file__).parent.glob("stories_*.py")):
    for notebook, told in import_module(f"{__package__}.{name}").STORIES.items():
        for exercise, stories in told.items():
            STORIES.setdefault(notebook, {}).setdefault(exercise, []).extend(stories)
