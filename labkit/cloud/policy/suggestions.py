"""The smallest changes that would allow a refused request, each verified by deciding again.

Pure. A change is a list of steps; none is offered that does not allow the request, and none of its steps can
be left out.
"""

from __future__ import annotations

from .decision import decide
from .outcome import Decision
from .remedies import remedies
from .steps import Change, Situation, Step

_MOST_STEPS = 4
_MOST_CHANGES = 4
_MOST_DECISIONS = 200


def suggest(decision: Decision) -> tuple[Change, ...]:
    """Return the smallest changes that turn a refusal into an allowance, fewest steps first; at most four."""
    if decision.allowed:
        return ()
    found: list[Change] = []
    open_ends: list[tuple[tuple[Step, ...], Decision]] = [((), decision)]
    decisions = 0
    while open_ends and decisions < _MOST_DECISIONS and len(found) < _MOST_CHANGES:
        steps, here = open_ends.pop(0)  # fewest steps first
        for step in remedies(here):
            question, policies = step.apply((here.question, here.policies))
            there = decide(question, policies)
            decisions += 1
            trail = (*steps, step)
            if there.allowed:
                if _each_step_needed(trail, decision) and not _holds_another(trail, found):
                    found.append(Change(trail))
            elif len(trail) < _MOST_STEPS and (there.reason, there.statement) != (here.reason, here.statement):
                open_ends.append((trail, there))
    return tuple(found[:_MOST_CHANGES])


def _each_step_needed(steps: tuple[Step, ...], decision: Decision) -> bool:
    if len(steps) == 1:
        return True
    for left_out in range(len(steps)):
        situation: Situation = (decision.question, decision.policies)
        for number, step in enumerate(steps):
            if number != left_out:
                situation = step.apply(situation)
        if decide(*situation).allowed:
            return False
    return True


def _holds_another(steps: tuple[Step, ...], found: list[Change]) -> bool:
    said = {step.say for step in steps}
    return any({step.say for step in change.steps} <= said for change in found)
