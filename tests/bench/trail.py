"""Records a second of processor time, and peak memory, of readers of CloudTrail's log files. Run by `make bench`.

Each reader in a process of its own, in turn, in one run, on generated files; RECORDS (500000) says how many records.
json_normalize reads a quarter of the files, as it needs more memory than many machines have; DuckDB an eighth.

The figures to hold: labkit at least 15 times as fast as json_normalize, in at most a tenth of its memory for the same
number of records; faster than polars, pyarrow and DuckDB for the columns that these can read; and to_parquet needs
the same memory for four times as many files. Small runs (RECORDS under 400000) hold no figures: what the libraries
need to be loaded at all outweighs the records, and json_normalize has few columns to fill. Time is the processor's, of
all threads: other programs don't disturb it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import trail_files

RECORDS = int(os.environ.get("RECORDS", "500000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
TELLING = 400_000  # records
SHARES = {"json_normalize": 4, "duckdb": 8}  # contender: it reads one file in so many
CONTENDERS = ("labkit", "json_normalize", "polars", "pyarrow", "duckdb", "labkit to_parquet", "labkit of a copy")
FASTER = {"json_normalize": 15.0, "polars": 1.0, "pyarrow": 1.0, "duckdb": 1.0}
CONTENDER = Path(__file__).with_name("trail_contender.py")


def measure(contender: str, folder: Path, files: int) -> dict[str, Any]:
    """One round of one contender."""
    command = [sys.executable, CONTENDER, contender, folder, str(files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{contender} failed:\n{done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> int:
    """Measure in turn, print rates, memory and ratios; 1 where a figure to hold is not reached."""
    with tempfile.TemporaryDirectory() as place:
        logs, copy = Path(place, "logs"), Path(place, "copy")
        logs.mkdir()
        written = trail_files.write(logs, RECORDS)
        files = len(list(logs.iterdir()))
        subprocess.run([sys.executable, CONTENDER, "write a copy", logs, str(copy)], check=True)
        rates: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
        peaks: dict[str, float] = {}
        for _ in range(ROUNDS):
            for contender in CONTENDERS:
                count = max(1, files // SHARES.get(contender, 1))
                source = copy if contender == "labkit of a copy" else logs
                measured = measure(contender, source, count if source is logs else sys.maxsize)
                rates[contender].append((measured["records"] or written * count // files) / measured["processor"])
                peaks[contender] = max(peaks.get(contender, 0), measured["peak"])
        quarter = measure("labkit", logs, max(1, files // SHARES["json_normalize"]))["peak"]
        small = measure("labkit to_parquet", logs, max(1, files // 4))["peak"]
    print(f"{written:,} records in {files} files; median of {ROUNDS} rounds")
    print(f"{'':<20}{'records/s':>12}{'peak MiB':>10}")
    for contender in CONTENDERS:
        print(f"{contender:<20}{statistics.median(rates[contender]):>12,.0f}{peaks[contender]:>10,.0f}")
    missed = 0
    for peer, wanted in FASTER.items():
        pairs = zip(rates["labkit"], rates[peer], strict=True)
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        missed += ratio < wanted
        print(f"labkit / {peer}: {ratio:.1f} times as fast (to hold: {wanted:.1f})")
    share, growth = quarter / peaks["json_normalize"], peaks["labkit to_parquet"] / small
    missed += (share > 0.1) + (growth > 1.15)
    print(f"labkit / json_normalize: {share:.2f} of its memory, a quarter of the files (to hold: 0.10)")
    print(f"labkit to_parquet: {growth:.2f} times the memory for four times the files (to hold: 1.15)")
    if written < TELLING:
        print("too few records to tell: no figure is held")
        return 0
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
