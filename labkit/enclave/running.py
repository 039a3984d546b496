"""Running an enclave: a process with no network and no files of yours, spoken to over one pipe.

This side is the parent instance and, where the code inside asks for a document, the Nitro Hypervisor's device. It
carries messages and keeps none.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cbor2

from ..errors import LabError
from .frames import FrameError, receive, transmit
from .images import Image

if TYPE_CHECKING:
    from ..accounts.behind import Behind
    from ..lab import Lab

_INSIDE = Path(__file__).with_name("inside.py")
_NEEDED = ("SYSTEMROOT",)  # by Python on Windows
PATIENCE = 5.0  # seconds in which an enclave ends when it is told to
_RUNS = "send, attest, open and what its code makes of them are all that there is"


class Enclave:
    """A running enclave. `send` is the only way in; what is inside has no name out here."""

    def __init__(self, remote: Behind, image: Image, role_arn: str, mode: str) -> None:
        told = remote.post("enclaves", image=_text(image.file), role=role_arn, instance=_parent(role_arn), mode=mode)
        self.id: str = told["module_id"]
        self.mode = mode
        self.measurements: Mapping[str, str] = {f"PCR{index}": pcr for index, pcr in told["pcrs"].items()}
        self._remote = remote
        self._lock = threading.Lock()
        self._console: list[str] = []
        self._process = _begin()
        self._ended = weakref.finalize(self, _end, self._process)
        self._exchange(image.file)

    def send(self, message: Any) -> Any:
        """Send a message and return the code's answer. LabError where the code raised something, or has ended.

        A production enclave does not say what was raised: the text could hold what it was not to tell.
        """
        answer = self._exchange(message)
        if "raised" in answer:
            said = f": {answer['said']}" if self.mode == "debug" else ". A production enclave does not say more"
            raise LabError(f"The code in the enclave raised {answer['raised']}{said}.")
        return answer.get("answer")

    def console(self) -> str:
        """Return what the code has printed: in debug mode alone, as with nitro-cli console."""
        if self.mode != "debug":
            raise LabError("This enclave has no console: only one that runs in debug mode has.")
        return "".join(self._console)

    def terminate(self) -> None:
        """End the enclave; its private key is gone with it."""
        if self._ended.alive:
            self._ended()
            self._remote.post("enclave-ended", module_id=self.id)

    def _exchange(self, message: Any) -> dict[str, Any]:
        """One message in, its answer out; in between the code may ask the hypervisor's device for documents."""
        if not self._ended.alive:
            raise LabError("This enclave has been terminated. Run another one from its image.")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                transmit(self._process.stdin, message)
                while True:
                    answer: dict[str, Any] = receive(self._process.stdout)
                    self._console.append(answer.pop("printed", ""))
                    if "attest" not in answer:
                        return answer
                    transmit(self._process.stdin, self._attested(answer["attest"]))
            except (OSError, FrameError):
                self._ended()
                raise LabError("The enclave has ended: its code left the process. Run another one.") from None
            except (cbor2.CBOREncodeError, TypeError, ValueError) as wrong:
                raise LabError(f"A message holds texts, numbers, bytes, lists and maps: {wrong}.") from None

    def _attested(self, asked: Mapping[str, bytes]) -> Any:
        """What the device answers: a document, or why there is none."""
        try:
            signed = {name: _text(value) for name, value in asked.items()}
            told = self._remote.post("attestations", module_id=self.id, **signed)
        except LabError as refused:
            return str(refused)
        return base64.b64decode(told["document"])

    def __repr__(self) -> str:
        flags = "DEBUG_MODE" if self.mode == "debug" else "NONE"
        state = "RUNNING" if self._ended.alive else "TERMINATED"
        return f"Enclave {self.id}: {state}, Flags: {flags}"

    def __reduce__(self) -> Any:
        raise LabError(f"An enclave can't be copied or kept in a file: {_RUNS}.")


def run(lab: Lab, image: Image, role: Any, mode: str = "production") -> Enclave:
    """Run an image on the parent instance of this role (a `lab.role`, or its ARN); `mode` may be "debug".

    In debug mode there is a console, and PCR0, PCR1 and PCR2 are zeros.
    """
    arn = getattr(role, "arn", role)
    if not isinstance(arn, str) or ":role/" not in arn:
        raise LabError("A parent instance has a role: give the one that lab.role made, or its ARN.")
    if not isinstance(image, Image):
        raise LabError("Give the image that build(code) made.")
    return Enclave(lab._remote, image, arn, mode)


def trust(lab: Lab, pem: str) -> str:
    """Let the account believe attestation documents under this root certificate, too; returns its subject.

    With AWS's own root (AWS_NitroEnclaves_Root-G1) documents of real enclaves are verified, while the lab's clock lies
    within their three hours.
    """
    told: str = lab._remote.post("attestation-roots", pem=pem)["trusted"]
    return told


def _parent(role_arn: str) -> str:
    """The id of the one parent instance of a role: the same at each run."""
    return "i-0" + hashlib.sha256(role_arn.encode()).hexdigest()[:16]


def _begin() -> subprocess.Popen[bytes]:
    """Begin the process that is the inside. LabError on a system that has no processes, such as a browser."""
    try:
        return subprocess.Popen(  # noqa: S603  # running the learner's own code is what an enclave is for
            [sys.executable, "-I", str(_INSIDE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "PYTHONHASHSEED": "0"} | {n: os.environ[n] for n in _NEEDED if n in os.environ},
            start_new_session=os.name == "posix",  # an interrupt in the notebook is none of the enclave's
        )
    except OSError as refused:
        raise LabError(f"An enclave is a process, and this system can't start one: {refused}.") from None


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which ends the process; if it does not, it is ended."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
