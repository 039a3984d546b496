"""A class of forty in all labs, made for tests: the same at each run, told as learners' kernels tell it."""

from __future__ import annotations

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

from class_service.course import Course  # noqa: E402  a service of the hub, beside its configuration
from class_service.room import Room  # noqa: E402

LEARNERS = 40
CODES = (
    "AccessDeniedException from Decrypt", "InvalidCiphertextException from Decrypt", "KeyError", "NameError",
    "NotFoundException from DescribeKey", "ValidationException from Encrypt", "DisabledException from GenerateDataKey",
)  # fmt: skip


def made_class(course: Course, now: float) -> Room:
    """Make the class on its third day: each learner has been through many labs, and about a third is stuck."""
    room, rng = Room(), random.Random("class")
    labs = list(course)
    for number in range(LEARNERS):
        name = f"learner{number:02}@example.com" if number % 3 else f"ada-{number:02}"
        far = rng.randint(2, len(labs))
        at = now - rng.choice((10, 70, 400, 4000, 90_000))
        for lab in labs[:far]:
            last = lab == labs[far - 1]
            room.report(name, {"kind": "start", "lab": lab}, at)
            for item in course[lab].exercises:
                tries = rng.choice((1, 1, 2, 3, 4)) if not last or rng.random() < 0.6 else 0
                for _ in range(tries - 1):
                    room.report(name, {"kind": "check", "lab": lab, "item": item, "status": "not yet"}, at)
                status = "solved" if rng.random() < (0.5 if last else 0.99) else "not yet"
                if tries:
                    room.report(name, {"kind": "check", "lab": lab, "item": item, "status": status}, at)
            for item, question in course[lab].questions.items():
                letters = [*question.choices, *question.right, *question.right] or [""]
                choice = rng.choice(letters)
                is_right = {choice} == question.right if choice else rng.random() < 0.6
                told = {"status": "right" if is_right else "not right", "version": question.version, "choice": choice}
                room.report(name, {"kind": "answer", "lab": lab, "item": item, **told}, at)
            for _ in range(rng.randint(0, 3)):
                room.report(name, {"kind": "error", "lab": lab, "code": rng.choice(CODES)}, at)
    return room
