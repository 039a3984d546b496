"""The policy lab: `lab.policy_lab()`, or `PolicyLab(account_of(session))` on a real account.

`workbench` holds documents and the question, and decides; `marks` says what is wrong with a document, line by line;
`least` and `who_else` answer its two buttons; `account` reads what is there; `view` is ipywidgets.
"""

from .account import account_of
from .policy_lab import PolicyLab
from .workbench import Workbench

__all__ = ["PolicyLab", "Workbench", "account_of"]
