"""A class on JupyterHub: what a learner's kernel tells the class's page, if the learner has agreed, and what it hears.

`reporting` speaks with the page, `watching` looks at cells that end. Told are the lab, the exercise and its outcome,
what was chosen in a quiz, and the names of errors: no content of cells, no keys. Whatever fails here disturbs no lab.
"""

from __future__ import annotations

from .reporting import CLASS, Classroom
from .watching import answered, begin, told

__all__ = ["CLASS", "Classroom", "answered", "begin", "told"]
