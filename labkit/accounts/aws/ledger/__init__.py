"""What a run has made in a real account: written before each creating call, settled after it, read by `clean-up`."""

from .store import Entry, Ledger, LedgerUnreadable, RunFacts, Setting, open_ledger

__all__ = ["Entry", "Ledger", "LedgerUnreadable", "RunFacts", "Setting", "open_ledger"]
