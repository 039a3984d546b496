"""`lab.reset()`: the lab's accounts, empty again."""

from __future__ import annotations

from .accounts.behind import Behind


class StartsOver:
    """A lab that can begin again without another `labkit.start`."""

    _remote: Behind

    def reset(self) -> None:
        """Empty the account, and all others of the lab: as at its start, clock and records too.

        Your clients go on, with the keys that they have. Roles and users that you made are gone.
        """
        self._remote.post("reset")
