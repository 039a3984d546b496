"""Where waiting for AWS to become consistent comes in: one name, so that callers need not know the table of waits."""

from __future__ import annotations

from .consistency import patiently as patiently
