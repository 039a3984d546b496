"""What a lab offers to look at, each from the account. A view is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...accounts.behind import Behind

if TYPE_CHECKING:
    from .inner_calls import InnerCallsWidget
    from .key_states import KeyStatesWidget
    from .reach import ReachWidget
    from .rotation import RotationWidget
    from .sealed import SealedWidget


class OffersViews:
    """A part of `Lab`: live pictures. `identity` is whose calls they make, as for `lab.console()`; else yours."""

    region: str
    simulated: bool
    clock: Any
    observer: Any
    events: Callable[[], list[dict[str, Any]]]
    explain: Callable[[Any], Any]
    _remote: Behind

    def key_states(self, key: str, identity: Any = None) -> KeyStatesWidget:
        """Show the states of a key: where it is, which operations move it from there, and which KMS refuses.

        `key` is a key ID, an ARN or an alias. The operations are buttons, and methods: `.disable()`, `.enable()`,
        `.schedule_key_deletion(days=7)`, `.cancel_key_deletion()`.
        """
        from .key_states import KeyStatesWidget

        return KeyStatesWidget(self._clients_of(identity), key, self.explain)

    def sequence_view(self, last: int = 20) -> InnerCallsWidget:
        """Show one of the last calls and its inner calls, and let another be picked: `.pick(3)`.

        `lab.sequence(3)` draws the last three calls in one picture.
        """
        from .inner_calls import InnerCallsWidget

        return InnerCallsWidget(self.events, last)

    def rotation_view(
        self,
        key: str,
        ciphertexts: Sequence[tuple[datetime, bytes]] = (),
        context: Mapping[str, str] | None = None,
        identity: Any = None,
    ) -> RotationWidget:
        """Show a key's material over time, and move the lab's clock forward: `.forward(days=366)`.

        `ciphertexts` are pairs: when one was made, and the CiphertextBlob. Each is decrypted once, with the encryption
        context `context`, and what comes out is thrown away: only the answer's KeyMaterialId is read. A real account
        has no clock to move.
        """
        from .rotation import RotationWidget

        def advance(days: int) -> datetime:
            moved: datetime = self.clock.advance(days=days)
            return moved

        moves = advance if self.simulated else None
        return RotationWidget(
            self._clients_of(identity), key, self.clock.now, moves, ciphertexts, context, self.explain
        )

    def envelope_view(
        self,
        sealed: str | Path | bytes,
        key: str,
        context: Mapping[str, str],
        readers: Mapping[str, Any] | None = None,
        identity: Any = None,
    ) -> SealedWidget:
        """Show a file that `labkit.envelope` sealed: whose bytes are which, and which reader can open it.

        `sealed` is a path, or the bytes. `readers` are names with roles or sessions, as `identity` is; else it is you
        alone. Each of them tries with real calls. Try what fails: `.flip("Commitment")`, `.cut(1)`, `.expect({…})`,
        `.take_key_away()` (DisableKey), `.give_key_back()`, `.restore()`. The file itself is never written.
        """
        from .sealed import SealedWidget

        clients = {name: self._clients_of(each)["kms"] for name, each in (readers or {}).items()}
        return SealedWidget(sealed, self._clients_of(identity)["kms"], key, context, clients, self.explain)

    def reach_graph(self, identity: Any = None) -> ReachWidget:
        """Show who reaches which customer managed key of the lab's Region, and how: policies, grants, other accounts.

        `.show("alias/orders")` chooses one key. Without `identity`, it is read as the kit's checks read: in a lab, the
        calls leave no trace.
        """
        self._remote.require()
        from .reach import ReachWidget

        services = ("kms", "iam")
        seen = {each: self.observer.client(each) for each in services}
        return ReachWidget(seen if identity is None else self._clients_of(identity))

    def _clients_of(self, identity: Any) -> Mapping[str, Any]:
        self._remote.require()
        from ..clients import clients_of

        return clients_of(identity, self.region)
