"""A branch of a walk: a forked copy of this process goes on with the account as it stands, and is thrown away.

A notebook is walked once, and as many answers as one likes are tried at each of its exercises, each in a branch of its
own: none sees what another did. Both doors of the account stay where they are; while a branch is out, door two is the
branch's. Files are shared with the walk: `files_as_found` brings a learner's back.
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from labkit import Lab
from labkit.accounts.local import LocalCloud

Answer = TypeVar("Answer")
PATIENCE = 120  # seconds until a branch that does not come back is ended


def in_branch(act: Callable[[], Answer], patience: int = PATIENCE) -> Answer:
    """Carry `act` out in a copy of this process, account and all, and give what it answered (which is pickled)."""
    server, door = LocalCloud._server, LocalCloud._door
    assert server is not None
    gateway, web = server.cloud.gateway, server._server
    serve_one = web._handle_request_noblock  # type: ignore[attr-defined]  # socketserver's own
    web._handle_request_noblock = lambda: time.sleep(0.001)  # type: ignore[attr-defined]  # who comes is the branch's
    LocalCloud._server = None  # the copy keeps the doors, unlike a learner's child
    reading, writing = os.pipe()
    assert gateway.hold(10)
    try:
        child = _fork()
        if child == 0:
            web._handle_request_noblock = serve_one  # type: ignore[attr-defined]
            LocalCloud._server, LocalCloud._door = server, door
            gateway.let_go()
            _go_on(act, server, writing, patience)
    finally:
        LocalCloud._server = server
        gateway.let_go()
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.waitpid(child, 0)
        web._handle_request_noblock = serve_one  # type: ignore[attr-defined]
    assert told, "the branch ended without an answer"
    came, answer = pickle.loads(told)  # our own child's
    if not came:
        raise AssertionError(f"in the branch:\n{answer}")
    return answer  # type: ignore[no-any-return]


@contextmanager
def files_as_found(learner: Mapping[str, Any]) -> Iterator[None]:
    """Bring back, afterwards, what was in the temporary folders that a learner's cells have made."""
    folders = [value.name for value in learner.values() if isinstance(value, tempfile.TemporaryDirectory)]
    with tempfile.TemporaryDirectory() as kept:
        for number, folder in enumerate(folders):
            shutil.copytree(folder, f"{kept}/{number}", symlinks=True)
        yield
        for number, folder in enumerate(folders):
            for each in os.scandir(folder):  # the folder itself stays: cells may stand in it
                shutil.rmtree(each) if each.is_dir(follow_symlinks=False) else os.remove(each)
            shutil.copytree(f"{kept}/{number}", folder, symlinks=True, dirs_exist_ok=True)


def proxies_of_its_own(lab: Lab) -> None:
    """In a branch: the proxies of external key stores that run answer from here, at ports of their own."""
    for proxy in lab.xks_proxies():
        server = proxy._server
        if server is not None:
            server.socket.close()  # the walk's own stays open
            proxy._server, proxy._port = None, 0
            proxy.start()


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads are there, and none of them is in a call
        return os.fork()


def _go_on(act: Callable[[], Any], server: Any, writing: int, patience: int) -> NoReturn:
    """In the copy: open door two anew, act, tell, and end without any of the tidying that is the walk's own."""
    try:
        signal.alarm(patience)
        gc.freeze()  # memory that is only read stays shared
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            told = True, act()
        except BaseException:
            told = False, traceback.format_exc()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(told))
    finally:
        os._exit(0)
