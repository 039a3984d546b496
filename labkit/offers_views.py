"""What a lab offers to look at, each from the account: `labkit.widgets.views`, which is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .accounts.behind import Behind

if TYPE_CHECKING:
    from .widgets.views.key_states import KeyStatesWidget


class OffersViews:
    """A part of `Lab`: live pictures. `identity` is whose calls they make, as for `lab.console()`; else yours."""

    region: str
    _remote: Behind

    def explain(self, call: Any) -> Any:
        """Explain a refusal; see `Lab.explain`."""
        raise NotImplementedError

    def key_states(self, key: str, identity: Any = None) -> KeyStatesWidget:
        """Show the states of a key: where it is, which operations move it from there, and which KMS refuses.

        `key` is a key ID, an ARN or an alias. The operations are buttons, and methods: `.disable()`, `.enable()`,
        `.schedule_key_deletion(days=7)`, `.cancel_key_deletion()`.
        """
        from .widgets.views.key_states import KeyStatesWidget

        return KeyStatesWidget(self._clients_of(identity), key, self.explain)

    def _clients_of(self, identity: Any) -> dict[str, Any]:
        self._remote.require()
        from .widgets.console import clients_of

        return clients_of(identity, self.region)
