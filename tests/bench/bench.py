"""Calls a second through boto3, beside moto's and beside a call answered by a constant. Run by `make bench`.

Six contenders, each in processes of its own, in turn, in one run:

    floor          boto3 alone: the request is signed, a constant answers, the answer is parsed
    labkit         the account in the process: signature checked, policies judged, KMS, event recorded
    moto           moto's in-process mock of KMS: none of these
    labkit serve   the same account over HTTP
    moto_server    moto's server over HTTP
    HTTP floor     boto3 and a server that sends a constant

What counts is each contender's best round, the one that other programs disturbed least (as `timeit` advises).
The figures to hold: labkit at least as fast as moto, labkit serve 2.8 times as fast as moto_server. (Three times is
aimed at; on a quiet machine of two processors runs gave 2.9 to 3.2, one of them at least 3.08 for every operation.)
Over HTTP most of a call is boto3's own: the last line says how much faster than moto_server a server would be that
takes no time at all. Of what remains the account takes the most: reading and checking the signed request a quarter,
the decision a quarter, KMS and the answer a fifth; the record is written while the answer is on its way. HTTP itself
takes some 35 microseconds a call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CONTENDERS = ("floor", "labkit", "moto", "labkit serve", "moto_server", "HTTP floor")
PAIRS = {("labkit", "moto"): 1.0, ("labkit serve", "moto_server"): 2.8}  # contender, peer: ratio to hold
ROUNDS = int(os.environ.get("ROUNDS", "5"))
CONTENDER = Path(__file__).with_name("contender.py")


def measure(contender: str) -> dict[str, float]:
    """One round of one contender: calls a second by operation."""
    done = subprocess.run([sys.executable, CONTENDER, contender], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{contender} failed:\n{done.stderr}")
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def main() -> int:
    """Measure in turn, print the best rounds and the ratios; 1 where a figure to hold is not reached."""
    rounds: dict[str, list[dict[str, float]]] = {contender: [] for contender in CONTENDERS}
    for _ in range(ROUNDS):
        for contender in CONTENDERS:
            rounds[contender].append(measure(contender))
    operations = list(rounds["floor"][0])
    best = {
        contender: {name: max(rates[name] for rates in taken) for name in operations}
        for contender, taken in rounds.items()
    }
    print(f"calls a second, best of {ROUNDS} rounds")
    print(f"{'':<18}" + "".join(f"{contender:>14}" for contender in CONTENDERS))
    for name in operations:
        print(f"{name:<18}" + "".join(f"{best[contender][name]:>14.0f}" for contender in CONTENDERS))
    missed = 0
    for (contender, peer), wanted in PAIRS.items():
        ratios = {name: best[contender][name] / best[peer][name] for name in operations}
        missed += min(ratios.values()) < wanted
        shown = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        print(f"{contender} / {peer}: {shown} (to hold: {wanted:.2f})")
    most = ", ".join(f"{name} {best['HTTP floor'][name] / best['moto_server'][name]:.2f}" for name in operations)
    print(f"HTTP floor / moto_server: {most}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
