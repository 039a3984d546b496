"""What every call of a real run goes through: the names of the run, the ledger before it, the tags with it."""

from .install import install, installed, uninstall

__all__ = ["install", "installed", "uninstall"]
