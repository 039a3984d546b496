"""What can be changed on a key's page: the key actions, and what AWS's console lets one edit there.

Each makes its calls as the caller, shows in `made` what came of them, and reads the page anew.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from ..calls import Call, Caller, Outcome
from ..frame import Widget
from ..key_actions import ACTIONS, CANCEL, DAYS, DISABLE, ENABLE, LONGEST, ROTATE, SCHEDULE, SHORTEST
from . import edits
from .key_page import KeyPage
from .policy_changes import PolicyChanges, changes

if TYPE_CHECKING:
    from ...exercises.engine import LabView


class EditsKeys(Widget):
    """A part of `Console`: every method is about the open key; without one, about the key of `value`."""

    caller: Caller
    page: KeyPage | None
    made: Sequence[Outcome]
    reads: LabView | None

    @abstractmethod
    def _enter(self, key: str) -> None: ...

    @abstractmethod
    def _forget(self) -> None: ...

    @property
    def _chosen(self) -> KeyPage:
        if self.page is None:
            self._enter(self.value)
        assert self.page is not None
        return self.page

    def _change(self, *calls: Call) -> Self:
        made = self.caller.change(*calls)
        self._forget()
        self.made = made
        return self.redraw()

    # --- key actions ----------------------------------------------------------------------------------------------

    def act(self, action: str, days: int = DAYS) -> Self:
        """Do a key action, by its name."""
        if action == SCHEDULE and not SHORTEST <= days <= LONGEST:
            raise ValueError(f"The waiting period is {SHORTEST} to {LONGEST} days.")
        return self._change(ACTIONS[action].call(self._chosen.key_id, days))

    def enable(self) -> Self:
        """Enable the key."""
        return self.act(ENABLE)

    def disable(self) -> Self:
        """Disable the key."""
        return self.act(DISABLE)

    def schedule_key_deletion(self, days: int = DAYS) -> Self:
        """Schedule the key's deletion, after 7 to 30 days."""
        return self.act(SCHEDULE, days)

    def cancel_key_deletion(self) -> Self:
        """Cancel the key's deletion."""
        return self.act(CANCEL)

    def rotate_now(self) -> Self:
        """Rotate the key on demand."""
        return self.act(ROTATE)

    # --- what the page's tabs edit --------------------------------------------------------------------------------

    def edit_description(self, description: str) -> Self:
        """Put another description in place."""
        return self._change(edits.new_description(self._chosen.key_id, description))

    def edit_tags(self, tags: Mapping[str, str] | Iterable[tuple[str, str]]) -> Self:
        """Give the key these tags, and no others: TagResource for what is new, UntagResource for what is gone."""
        wanted = tags.items() if isinstance(tags, Mapping) else tags
        listed = self._chosen.listed_tags
        if listed.answer is None:
            self.made = (listed,)
            return self.redraw()
        before = {tag["TagKey"]: tag["TagValue"] for tag in listed.answer.get("Tags", [])}
        return self._change(*edits.new_tags(self._chosen.key_id, before, wanted))

    def create_alias(self, name: str) -> Self:
        """Give the key another alias."""
        return self._change(edits.new_alias(self._chosen.key_id, name))

    def delete_alias(self, name: str) -> Self:
        """Delete an alias. The key itself stays as it is."""
        return self._change(edits.no_alias(name))

    def rotate_every(self, days: int = edits.PERIOD) -> Self:
        """Let KMS rotate the key by itself, every 90 to 2560 days."""
        return self._change(edits.rotation_every(self._chosen.key_id, days))

    def stop_rotation(self) -> Self:
        """Let KMS rotate the key no longer by itself."""
        return self._change(edits.no_rotation(self._chosen.key_id))

    def policy_changes(self, document: str) -> PolicyChanges:
        """Say what AWS would refuse in this key policy, and who gains and who loses by it. Nothing is sent."""
        return changes(self.reads, self.caller, self._chosen.key, document)

    def edit_policy(self, document: str) -> Self:
        """Put another key policy in place, as it is written."""
        return self._change(edits.new_policy(self._chosen.key_id, document))

    def revoke_grant(self, grant_id: str) -> Self:
        """Revoke a grant, by its whole ID."""
        return self._change(edits.no_grant(self._chosen.key_id, grant_id))
