"""AWS's eventual consistency in a real run: which answers may be of before, how long to wait, and what is shown of it.

waits.tsv has what is waited for, with its source. A simulated account knows every change at once: there nothing waits.
"""

from .patience import install, uninstall, until_told

__all__ = ["install", "uninstall", "until_told"]
