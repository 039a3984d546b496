"""All stories, by notebook, then by exercise."""

from __future__ import annotations

from . import (
    stories_00_03,
    stories_08_10,
    stories_11_12,
    stories_13_14,
    stories_15_16,
    stories_17_18,
    stories_20,
    stories_20_21,
    stories_24_25,
    stories_projects,
)
from .telling import Step

ALL = (
    stories_00_03,
    stories_08_10,
    stories_11_12,
    stories_13_14,
    stories_15_16,
    stories_17_18,
    stories_20,
    stories_20_21,
    stories_24_25,
    stories_projects,
)
STORIES: dict[str, dict[str, list[list[Step]]]] = {}
for each in ALL:
    for notebook, told in each.STORIES.items():
        for exercise, stories in told.items():
            STORIES.setdefault(notebook, {}).setdefault(exercise, []).extend(stories)
