"""What a lab lets you look at and click. ipywidgets and all that is needed is loaded when a lab asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .accounts.behind import Behind

if TYPE_CHECKING:
    from .widgets.console import Console
    from .widgets.policy_lab import PolicyLab


class OffersWidgets:
    """A part of `Lab`: the KMS console and the policy lab."""

    name: str
    region: str
    observer: Any
    simulated: bool
    events: Callable[[], list[dict[str, Any]]]
    explain: Callable[[Any], Any]
    _remote: Behind

    def console(self, identity: Any = None) -> Console:
        """Open AWS's console for KMS in the notebook: lists of keys, the six steps of Create key, a key's page.

        `identity` is whose calls it makes: a role, user or account of the lab, a boto3 session, or a boto3 KMS client.
        Without one, it is yours.
        """
        self._remote.require()
        from .widgets.console import Console, clients_of

        return Console(clients_of(identity, self.region), self.explain, self)

    def policy_lab(self, identity: Any = None) -> PolicyLab:
        """Open documents of the account to edit: who may do what by them, why, and who else gets in.

        Reading leaves no trace, and nothing is sent until you say so: then as `identity`, else as you.
        """
        self._remote.require()
        from .widgets.console import clients_of
        from .widgets.policy_lab import PolicyLab

        return PolicyLab(self, clients_of(identity, self.region), self.explain)
