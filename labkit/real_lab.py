"""`labkit.start` on a real AWS account, and the `Lab` that it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .accounts.aws.answers.account import RealAccount
from .accounts.aws.capabilities import capabilities, unavailable
from .accounts.aws.entering import enter
from .accounts.aws.judging import Judge
from .accounts.aws.plans import plan_of
from .accounts.aws.saving import mark, require_a_safe_place
from .accounts.aws.second import SecondAccount, second_account
from .accounts.aws.skipping import Permissions, watch
from .accounts.local import LocalCloud
from .errors import LabError
from .key_stores import KeyStores
from .lab import Lab
from .organization import Organization
from .principals import Account, Session, Statement, User


class RealLab(Lab):
    """A lab in a real account. What such an account can't do is LabError, which says why."""

    simulated = False

    def __init__(self, name: str, real: RealAccount, permissions: Permissions) -> None:
        run = real.entered.run
        super().__init__(name, run.account_id, run.region, real)
        self.run = run
        self._real = real
        self._permissions = permissions
        self._second: dict[str, SecondAccount] = {}

    def user(self, name: str, policy: Sequence[Statement] | None = None, tags: Mapping[str, str] | None = None) -> User:
        """Make a new IAM user with an access key, if that was agreed to."""
        if not self._permissions.given("users"):
            raise unavailable("users")
        return super().user(name, policy, tags)

    def session(
        self,
        policy: Sequence[Statement] | None = None,
        tags: Mapping[str, str] | None = None,
        session_name: str | None = None,
    ) -> Session:
        """Refuse: the learner has no role of the lab's here."""
        raise unavailable("learner")

    def account(self, name: str) -> Account:
        """Open the second account, by the profile that LABKIT_SECOND_PROFILE names. There is one for each lab."""
        self._real.require()
        if name not in self._second:
            if self._second:
                raise LabError(
                    f"A real run has one account beside yours, and that is {next(iter(self._second))!r} by now: there "
                    f"is none for {name!r}. The simulated account has as many as a lab asks for."
                )
            self._second[name] = second_account(name, self._real.entered)
        second = self._second[name]
        return Account(second.account_id, self.region, second.keys(), self.clock.now, name)

    def organization(self, scps: Sequence[Statement]) -> Organization:
        """Refuse: a real organization is not touched."""
        raise unavailable("organization")

    def _stores(self) -> KeyStores:
        """Refuse: AWS reaches nothing on this machine."""
        raise unavailable("key-stores")

    def __repr__(self) -> str:
        return f"Lab {self.name}: {self._place()}, Region {self.region}, run {self.run.id}, {self._time()}"

    def _time(self) -> str:
        return f"{self.clock.now():%Y-%m-%d %H:%M} UTC"

    def _place(self) -> str:
        standin = self._real.entered.standin
        return f"stand-in {standin} for AWS account {self.account_id}" if standin else f"AWS account {self.account_id}"

    def _rows(self) -> Mapping[str, str]:
        return {
            "Lab": self.name,
            "Account": f"{self._place()} (real: what you make here costs money until it is gone)",
            "You are": self._real.entered.who.arn,
            "Region": self.region,
            "Run": f"{self.run.id}: `labkit clean-up --run {self.run.id}` takes away what it makes",
        }


def start_real(name: str, region: str) -> RealLab:
    """Begin the lab in the account of the AWS settings, once its owner has agreed. LabError where it can't or may "
    "not."""
    plan = plan_of(name)
    if plan.simulated_only:
        raise LabError(
            f"Lab {name} runs in the simulated account only: {plan.why}. Unset LABKIT_ACCOUNT to run it there."
        )
    if plan.needs and not capabilities()[plan.needs].is_given():
        raise LabError(
            f"Of lab {name} too little is left in a real account as it is: {capabilities()[plan.needs].why}."
        )
    require_a_safe_place(name)
    with LocalCloud.one_start_at_a_time():
        entered = enter(name, region, plan)
        real = RealAccount(entered)
        LocalCloud.begin(real, name)
        permissions = Permissions()
        watch(Judge(name, permissions.given))
    lab = RealLab(name, real, permissions)
    mark(lab.run.id, f"Run {lab.run.id} in {lab._place()}: not simulated.")
    return lab
