"""An audit of an account's KMS keys and of what should be under them, by read-only calls of plain boto3.

The account may be simulated, a `labkit serve` or a real one. `audit()` reads and judges; its `Report` is a table, a
page and JSON. One file in `checks/` is a group of checks; what each is called, and whose control it answers, is a row
in checks.tsv. What cannot be read is reported as such, never as "no finding".
"""

from __future__ import annotations

from .auditing import audit
from .facts.finding import SEVERITIES, UNREAD, Check, Finding, Mend, checks
from .report import Report

__all__ = ["SEVERITIES", "UNREAD", "Check", "Finding", "Mend", "Report", "audit", "checks"]
