"""All stories, by notebook, then by exercise."""

from __future__ import annotations

from . import (
    stories_00_03,
    stories_08_10,
    stories_11_12,
    stories_13_14,
    stories_15_16,
    stories_17_18,
    stories_20_21,
    stories_24_25,
)

ALL = (
    stories_00_03,
    stories_08_10,
    stories_11_12,
    stories_13_14,
    stories_15_16,
    stories_17_18,
    stories_20_21,
    stories_24_25,
)
STORIES = {notebook: told for each in ALL for notebook, told in each.STORIES.items()}
