"""Runs one invocation of a Lambda function: a fresh process with AWS's own runtime (awslambdaric) in it.

Serves the Runtime API to that process on loopback, as Lambda does. Touches the function's code folder and the
process, nothing of the account. Source: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from ...core import stay_in_lab
from .invocation import Invocation, Outcome

INIT_LIMIT = 10.0
"""Seconds that the init phase may take (Lambda Developer Guide, "Understanding the Lambda execution environment")."""
TASK_ROOT = "/var/task"  # where Lambda puts the code; shown in place of this machine's folder
_NOT_HERE = "AWS's runtime for Python (awslambdaric) is not on this system: the function was invoked, and did not run."
_LAST_WORDS = 1.0  # seconds left for the function's last lines of output
_API = "/2018-06-01/runtime/"


def available() -> bool:
    """Tell whether AWS's runtime is installed: awslambdaric has builds for Linux, and for some of macOS."""
    return importlib.util.find_spec("awslambdaric") is not None


def run(invocation: Invocation) -> Outcome:
    """Run the function once, in an execution environment of its own.

    Where AWS's runtime is missing the outcome says so, as that of a runtime that could not start: what comes before and
    after the code (the role, the keys, the trail, the logs) is as ever, and a lab goes on.
    """
    if not available():
        return Outcome(_error("Runtime.NotOnThisSystem", _NOT_HERE), True, _NOT_HERE)
    with tempfile.TemporaryDirectory(prefix="labkit-lambda-") as folder, _runtime_api(invocation) as api:
        root = Path(folder, "task")
        root.mkdir()
        with zipfile.ZipFile(BytesIO(invocation.code)) as package:
            package.extractall(root)
        log = Path(folder, "output")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  # running the learner's own function is what Lambda is for
                [sys.executable, stay_in_lab.__file__, "-m", "awslambdaric", invocation.handler],
                cwd=root,
                env=_environment(invocation, root, api.address),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                api.wait(process, invocation.timeout)
            finally:
                process.kill()
                process.wait()
        printed = log.read_text(errors="replace").replace(str(root), TASK_ROOT)
    if api.answer is not None:
        answer, failed = api.answer
        return Outcome(answer.replace(str(root).encode(), TASK_ROOT.encode()), failed, printed)
    request = f"RequestId: {invocation.request_id}"
    if process.returncode in (-9, None) and api.started:
        said = f"{request} Error: Task timed out after {invocation.timeout:.2f} seconds"
        return Outcome(_error("Sandbox.Timedout", said), True, printed, timed_out=True)
    said = f"{request} Error: Runtime exited with error: exit status {max(process.returncode, 1)}"
    return Outcome(_error("Runtime.ExitError", said), True, printed)


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}, separators=(",", ":")).encode()


def _environment(invocation: Invocation, root: Path, address: str) -> dict[str, str]:
    """The process's whole environment: Lambda's variables and the function's own, none of this process's."""
    paths = [str(root), *(path for path in sys.path if path.endswith("-packages"))]
    return {
        **invocation.environment,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(root),
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "TZ": ":UTC",
        "_HANDLER": invocation.handler,
    }


class _RuntimeApi:
    """What the function's process talks to: its next event, its answer, its errors."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.answer: tuple[bytes, bool] | None = None
        self.started = False
        self._idle = threading.Event()  # the runtime asks for the next event: all output of this one is written
        self._served = 0
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.next(self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                api.post(self.path.removeprefix(_API), body)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing: the account's log is CloudWatch's."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def next(self, request: BaseHTTPRequestHandler) -> None:
        """The event, once. The second time the runtime waits, as it does between invocations, until it is ended."""
        if self._served:
            self._idle.set()
            threading.Event().wait(self.invocation.timeout + INIT_LIMIT)
            return
        self._served += 1
        self.started = True
        deadline = int((time.time() + self.invocation.timeout) * 1000)
        request.send_response(200)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(self.invocation.payload)),
            "Lambda-Runtime-Aws-Request-Id": self.invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self.invocation.function_arn,
        }.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(self.invocation.payload)

    def post(self, what: str, body: bytes) -> None:
        """The function's answer, its error, or that it could not be loaded."""
        self.answer = (body, not what.endswith("/response"))

    def wait(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        """Until there is an answer, the process has ended, or the time is up."""
        _until(lambda: self.started or self.answer is not None, process, INIT_LIMIT)
        if self.started:
            _until(lambda: self.answer is not None, process, timeout)
        if self.answer is not None:
            _until(self._idle.is_set, process, _LAST_WORDS)


def _until(done: Callable[[], bool], process: subprocess.Popen[bytes], limit: float) -> None:
    """Wait until it is done, the process has ended, or `limit` seconds are over."""
    end = time.monotonic() + limit
    while not done() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


@contextmanager
def _runtime_api(invocation: Invocation) -> Iterator[_RuntimeApi]:
    api = _RuntimeApi(invocation)
    thread = threading.Thread(target=api.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.server.shutdown()
        api.server.server_close()
