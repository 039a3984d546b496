"""`Lab`: what a notebook holds. It delegates and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from .accounts.behind import Behind
from .accounts.lab_clock import LabClock, distance_of
from .errors import LabError
from .observer import Observer
from .offers_key_stores import OffersKeyStores
from .offers_widgets import OffersWidgets
from .organization import Organization, organize
from .principals import Account, Role, Session, Statement, User, sign_in
from .widgets.views.offers import OffersViews

if TYPE_CHECKING:
    import pandas

    from .audit import Report
    from .disturbed import Disturbed
    from .exercises import Exercise, Exercises
    from .explain import Explained, Refused
    from .progress import Page
    from .soft_mode import SoftMode
    from .trail.pictures.sequence_picture import Picture
    from .widgets.quiz import QuizWidget


ALL = "all"
"""Every account of a lab, where one could be named."""
_ACCOUNT_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


class Lab(OffersKeyStores, OffersViews, OffersWidgets):
    """One lab in one account. It is over when the process starts another one; then each call says so (LabError)."""

    simulated = True

    def __init__(self, name: str, account_id: str, region: str, remote: Behind) -> None:
        self.name = name
        self.account_id = account_id
        self.region = region
        self.endpoint = remote.endpoint
        self.clock = LabClock(remote)
        self.observer = Observer(remote, region, account_id)
        self._remote = remote
        self._exercises: Exercises | None = None
        self._quiz: QuizWidget | None = None
        self._account = Account(account_id, region, {}, self.clock.now, "learner")
        self._accounts: dict[str, Account] = {}

    def events(self) -> list[dict[str, Any]]:
        """CloudTrail's records of the account so far, oldest first, in the form that AWS delivers."""
        events: list[dict[str, Any]] = self._remote.get("events", account=self.account_id)
        return events

    def network_activity(self) -> list[dict[str, Any]]:
        """CloudTrail's network activity events: every call that came by a VPC endpoint of this account, oldest first.

        A trail has them only where its advanced event selectors ask for them, and `events` never.
        """
        events: list[dict[str, Any]] = self._remote.get("network-activity", account=self.account_id)
        return events

    def trail(self) -> pandas.DataFrame:
        """Show the calls so far as a table, a row an event, oldest first: `labkit.trail.load(lab)` with fewer columns.

        What is missing is missing, as there: NaN, not an empty text.
        """
        from .trail.table import to_table  # pandas is loaded when it is needed

        return to_table(self.events())

    def sequence(self, last: int = 1) -> Picture:
        """Draw a picture of the last calls: who called which service, and what that service asked of KMS, for whom.

        Drawn from `events()` alone; `labkit.trail.pictures.sequence_picture.sequence` draws records from elsewhere.
        """
        from .trail.pictures.sequence_picture import sequence

        return sequence(self.events(), last=last)

    def exercise(self, name: str) -> Exercise:
        """Open an exercise of this lab by its id: `.check()`, `.hint()`, `.solution()`."""
        self._remote.require()
        if self._exercises is None:
            from .classroom import told
            from .exercises import Exercises

            self._exercises = Exercises(self, told(self.name))
        return self._exercises.get(name)

    def quiz(self) -> QuizWidget:
        """Open the quiz of this lab, once: it shows its questions, `.answer(3, "b")` grades, `.result()` sums up."""
        if self._quiz is None:
            self._remote.require()
            from .classroom import answered
            from .exercises import labs
            from .quiz import Quiz
            from .widgets.quiz import QuizWidget

            self._quiz = QuizWidget(Quiz.of(self, labs().get(self.name), answered(self.name)))
        return self._quiz

    def progress(self) -> Page:
        """Show the map of the course: which labs are done, begun or still to do, and what comes next.

        Kept on your disk alone, and only of what you do yourself: see docs/progress.md.
        """
        from .progress import progress

        return progress()

    def role(
        self,
        name: str,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        boundary: Sequence[Statement] | None = None,
        trust: Sequence[Statement] | None = None,
    ) -> Role:
        """Make a new IAM role with this inline policy's statements, that the learner may assume: see `Account.role`."""
        self._remote.require()
        return self._account.role(name, policy, tags, boundary, trust)

    def user(self, name: str, policy: Sequence[Statement] | None = None, tags: Mapping[str, str] | None = None) -> User:
        """Make a new IAM user with this inline policy's statements and an access key."""
        self._remote.require()
        return self._account.user(name, policy, tags)

    def session(
        self,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        session_name: str | None = None,
    ) -> Session:
        """Temporary credentials of the learner's role, limited by a session policy or with session tags."""
        self._remote.require()
        return self._account.session(policy, tags, session_name)

    def account(self, name: str) -> Account:
        """Open another account, with an administrator of its own; the same one each time the name is given.

        The name is also the administrator's session name. The accounts are 444455556666, 777788889999 and so on, in
        the order in which they are asked for.
        """
        self._remote.require()
        if not isinstance(name, str) or not _ACCOUNT_NAME.fullmatch(name):
            raise LabError(
                f"{name!r} can't be an account's name, which is also a session's: take 1 to 64 letters, digits and "
                "any of +=,.@_- (AssumeRole, RoleSessionName)."
            )
        if name not in self._accounts:
            self._accounts[name] = sign_in(name, self.region, self._remote.post("accounts"), self.clock.now)
        return self._accounts[name]

    def organization(self, scps: Sequence[Statement] = (), rcps: Sequence[Statement] = ()) -> Organization:
        """Make an organization that the lab's account joins.

        The account gets a service control policy of the statements `scps`, and a resource control policy of `rcps`.
        """
        self._remote.require()
        return organize(self.account("management"), self.account_id, scps, rcps, self._remote)

    def grant_delay(self, **distance: float) -> timedelta:
        """Let new grants take this long to work without its grant token; no argument: no time.

        `minutes`, `seconds`, ... as in datetime.timedelta. AWS says "usually less than five minutes".
        """
        delay = distance_of(distance)
        if delay < timedelta(0):
            raise ValueError("A grant takes effect after it was made, not before.")
        self._remote.post("grant-delay", seconds=delay.total_seconds())
        return delay

    def disturb(
        self,
        call: str = "",
        *,
        error: str = "",
        times: int = 1,
        seconds: float = 0,
        quotas: bool | None = None,
        calls_per_second: int | None = None,
        grants: timedelta | None = None,
        late: timedelta | None = None,
        after: int = 0,
    ) -> Disturbed:
        """Let things go wrong, as they do on AWS; without arguments, everything is well again.

        `call` ("kms:Decrypt", "kms:*", "*") fails with `error` the next `times` times, once `after` such calls have
        gone by, or takes `seconds` of lab time longer.
        `quotas=True` lets KMS throttle by its published request quotas, per account and Region; `calls_per_second` says
        how many calls fit in a lab second (1 to 10000). `grants` is how long a new grant takes to work without its
        token; `late` is how long changes of roles, policies, keys, aliases and grants need until others see them
        (eventual consistency). What was switched on before stays on.
        """
        from .disturbed import Disturbed

        asked: dict[str, Any] = {"quotas": quotas, "calls_per_second": calls_per_second}
        asked |= {
            "grants": None if grants is None else grants.total_seconds(),
            "late": None if late is None else late.total_seconds(),
        }
        if call:
            asked |= {"call": call, "error": error, "times": times, "seconds": seconds, "after": after}
        given = {name: value for name, value in asked.items() if value is not None}
        return Disturbed(tuple(self._remote.post("disturb", **given)["disturbed"]))

    def reset(self, *, account: str | Account = ALL) -> None:
        """Empty the account, and all others of the lab: as at its start, clock and records too.

        Your clients go on, with the keys that they have. Roles and users that you made are gone. With `account`, an
        account's id or what `lab.account` gave, that one alone is emptied; the clock and the others stay as they are.
        LabError, and nothing is emptied, for anything else: also for "" and None, as of a variable that is not set.
        """
        one = account.account_id if isinstance(account, Account) else account
        if not isinstance(one, str):
            raise LabError(
                f"{one!r:.60} is no account: give its id, such as '444455556666', or what lab.account gave. "
                "Nothing was emptied; lab.reset() without an account empties all."
            )
        self._remote.post("reset", **({} if one == ALL else {"account": one}))

    def soft_mode(self) -> SoftMode:
        """Let through what policies would refuse, within a `with` block, and note it: what would have been denied?

        The block's value lists each such call with AWS's words. AWS itself has no such mode.
        """
        from .soft_mode import SoftMode

        return SoftMode(self._remote)

    def audit(self, *only: str) -> Report:
        """Audit the account in the lab's Region, by plain read-only calls of yours, which are recorded as any others.

        A row a finding: `.frame` is the DataFrame. With names of checks, only these are made.
        `labkit.audit.audit(client)` does the same with other clients.
        """
        self._remote.require()
        from .audit import audit
        from .audit.progress import for_people

        return audit(only=only, region=self.region, progress=for_people())

    def explain(self, call: Refused) -> Explained:
        """Explain why a call was refused or allowed: which policies were read and which statement decided.

        `call` is what `expect_error` caught, a boto3 ClientError, an answer of boto3, or a request id.
        """
        from .explain import explanation_of

        return explanation_of(call, self._remote)

    def cost(self) -> pandas.DataFrame:
        """Reckon what this lab's calls, keys and secrets would have cost on a real account until now (lab time).

        A pandas DataFrame, a row for each key, secret and kind of request, in US dollars: `labkit.trail.bill`.
        """
        from .trail import bill, load

        made: pandas.DataFrame = bill(load(self, tell=lambda _report: None), self.clock.now())
        return made

    def __repr__(self) -> str:
        return f"Lab {self.name}: simulated account {self.account_id}, Region {self.region}, {self._time()}"

    def _time(self) -> str:
        """The lab's time; of a lab that is over, that it is."""
        try:
            return repr(self.clock)
        except LabError as over:
            return str(over)

    def _rows(self) -> Mapping[str, str]:
        return {
            "Lab": self.name,
            "Account": f"{self.account_id} (simulated: no AWS account, no network, no cost)",
            "Region": self.region,
            "Lab time": self._time().removesuffix(" (lab time)"),
        }

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(key)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
            for key, value in self._rows().items()
        )
        return f"<table>{cells}</table>"
