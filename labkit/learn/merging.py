"""A learner's notebook and a new version of it become one, cell by cell; what the learner wrote wins.

A cell is known by its id. `nbgitpuller` does the like line by line, with git's `-X ours`; by cells the result is always
a notebook, and a cell's outputs stay with its code. Pure: texts in, a text out.
"""

from __future__ import annotations

import json
from typing import Any

Cells = dict[str, dict[str, Any]]


def merged(base: bytes, mine: bytes, new: bytes) -> bytes | None:
    """Merge a notebook: `base` was handed out, `mine` is the learner's, `new` comes now; None where it can't be done.

    A cell that the learner left alone becomes the new one. A cell that they changed or added stays as they have it,
    at its place. A cell that they deleted stays away, unless the new version changed it.
    """
    books = [_notebook(text) for text in (base, mine, new)]
    if None in books:
        return None
    old, own, coming = [_by_id(book or {}) for book in books]
    if None in (old, own, coming):
        return None
    assert old is not None and own is not None and coming is not None
    chosen = {each: cell for each in coming if (cell := _chosen(each, old, own, coming)) is not None}
    after = ""  # a cell that is only the learner's comes after the one that it followed with them
    order = list(chosen)
    for each, cell in own.items():
        kept = each not in coming and (each not in old or _source(old[each]) != _source(cell))
        if kept:
            chosen[each] = cell
            order.insert(order.index(after) + 1 if after in order else 0, each)
        if each in chosen:
            after = each
    result = dict(books[2] or {})
    result["cells"] = [chosen[each] for each in order]
    return (json.dumps(result, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _chosen(each: str, old: Cells, own: Cells, coming: Cells) -> dict[str, Any] | None:
    """The cell of the new version, or the learner's, or none."""
    new = coming[each]
    changed = each not in old or _source(old[each]) != _source(new)
    if each not in own:
        return new if changed else None
    touched = each not in old or _source(old[each]) != _source(own[each])
    return own[each] if touched or not changed else new


def _notebook(text: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) and isinstance(read.get("cells"), list) else None


def _by_id(book: dict[str, Any]) -> Cells | None:
    """The cells by their ids; None where one has none, or two have the same."""
    cells = book["cells"]
    if not all(isinstance(cell, dict) and isinstance(cell.get("id"), str) for cell in cells):
        return None
    found = {cell["id"]: cell for cell in cells}
    return found if len(found) == len(cells) else None


def _source(cell: dict[str, Any]) -> tuple[Any, str]:
    source = cell.get("source", "")
    return cell.get("cell_type"), "".join(source) if isinstance(source, list) else str(source)
