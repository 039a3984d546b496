"""The attestation documents that a request may carry: which condition keys come together, and with which values. Pure.

A request without a document has none of these keys. One with a document has them all, of an enclave or of a NitroTPM,
and ImageSha384 is PCR0 by another name: a case in which the two differ does not occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

ATTESTED = "kms:recipientattestation:"
ZEROS = "0" * 96
"""What a debug enclave's registers hold."""
_OTHER = "f" * 96
_NAME = "kms:RecipientAttestation:"
_IMAGE, _TPM = f"{ATTESTED}imagesha384", f"{ATTESTED}nitrotpmpcr"
_REGISTERS = range(16)


def document(pcrs: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
    """Make the condition keys of a request with an enclave's document: `pcrs` by name ("PCR0"), the others zeros."""
    registers = {f"PCR{index}": ZEROS for index in _REGISTERS} | dict(pcrs)
    named: dict[str, str | Sequence[str]] = {f"{_NAME}{name}": value.lower() for name, value in registers.items()}
    return {f"{_NAME}ImageSha384": registers["PCR0"].lower()} | named


def documents(asked: Mapping[str, Iterable[str]]) -> Iterator[dict[str, str | Sequence[str]]]:
    """Make each document that these keys (in lower case, with the values written) tell apart, and none at all."""
    yield {}
    enclaves: dict[str, list[str]] = {}
    tpms: dict[str, list[str]] = {}
    for name, written in asked.items():
        kind = "PCR0" if name == _IMAGE else name.removeprefix(ATTESTED).upper()
        (tpms if name.startswith(_TPM) else enclaves).setdefault(kind, []).extend(written)
    for pcrs in _choices(enclaves or {"PCR0": []}):
        yield document(pcrs)
    for pcrs in _choices(tpms):
        yield {f"{_NAME}{name.replace('NITROTPM', 'NitroTPM')}": value for name, value in pcrs.items()}


def in_words(situation: Mapping[str, str | Sequence[str]]) -> str:
    """Put the document of a request in words: there is none, it is a debug enclave's, or of some image."""
    pcr0 = str(situation.get(f"{_NAME}PCR0", ""))
    if pcr0:
        return "with a debug enclave's document" if pcr0 == ZEROS else f"with a document whose PCR0 is {pcr0[:8]}…"
    return "with a NitroTPM's document" if any(_TPM in name.lower() for name in situation) else "without a document"


def _choices(asked: Mapping[str, Iterable[str]]) -> Iterator[dict[str, str]]:
    """Each register with each value that is written, as documents have it; with zeros, and with another one."""
    if not asked:
        return
    values = [list(dict.fromkeys([*(each.lower() for each in written), ZEROS, _OTHER])) for written in asked.values()]
    for chosen in product(*values):
        yield dict(zip(asked, chosen, strict=True))
