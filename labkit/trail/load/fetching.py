"""Bytes of pieces a little ahead of their use, in their order: reading and unzipping wait for no decoding.

A few pieces are in memory at once, never more; the order of results, and of calls to a lab, is that of the pieces.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from . import zip_archives
from .gzip_files import MAGIC, unzip
from .sources import Piece


@dataclass(frozen=True, slots=True)
class Fetched:
    """A piece, its unzipped content (None if it can't be had), and what is wrong with it."""

    piece: Piece
    content: bytes | None
    wrong: str


def fetched(pieces: Iterable[Piece]) -> Iterator[Fetched]:
    """Fetch the pieces with their contents, in their order; of a ZIP archive the files that are in it."""
    for got in _in_order(pieces):
        if got.content is not None and got.content.startswith(zip_archives.MAGIC):
            for inner, content, wrong in zip_archives.files(got.piece, got.content):
                yield Fetched(inner, None, wrong) if content is None else _unzipped(inner, content, wrong)
        else:
            yield got


def _in_order(pieces: Iterable[Piece]) -> Iterator[Fetched]:
    waiting: deque[Future[Fetched]] = deque()
    most = 0
    with ThreadPoolExecutor(max_workers=16, thread_name_prefix="trail") as workers:
        try:
            for piece in pieces:
                if piece.at_once == 1:
                    while waiting:
                        yield waiting.popleft().result()
                    yield _fetch(piece)
                    continue
                most = max(most, piece.at_once)
                waiting.append(_begin(workers, piece))
                if len(waiting) >= most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _begin(workers: ThreadPoolExecutor, piece: Piece) -> Future[Fetched]:
    """Fetch a piece in a thread of its own, or at once where there are none, as in a browser."""
    try:
        return workers.submit(_fetch, piece)
    except RuntimeError:
        done: Future[Fetched] = Future()
        done.set_result(_fetch(piece))
        return done


def _fetch(piece: Piece) -> Fetched:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        data = piece.data()
    except (OSError, ClientError, BotoCoreError) as refused:
        return Fetched(piece, None, f"can't be read: {refused}")
    return _unzipped(piece, data, "")


def _unzipped(piece: Piece, data: bytes, wrong: str) -> Fetched:
    content, damage = unzip(data)
    if content.startswith(MAGIC):  # Firehose packs what CloudWatch Logs has packed already, if it is told to
        content, deeper = unzip(content)
        damage = damage or deeper
    return Fetched(piece, content, wrong or damage)
