"""The KMS console in a notebook: `lab.console()`, or `Console(clients_of(session))` with any account's identity.

`console` is the state and what can be done, without a view; `pages` says what each place shows; `form`, `keys`,
`key_page`, `tables`, `key_policy`, `editing`, `edits` and `policy_changes` are the logic; `view`, `list_view`,
`form_view`, `key_view`, `editors` and `policy_editor` are ipywidgets.
"""

from ..clients import clients_of
from .console import Console

__all__ = ["Console", "clients_of"]
