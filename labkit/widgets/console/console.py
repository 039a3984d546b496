"""`Console`: where one is in the console, what is filled in, and what can be done there. The views only call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..calls import Call, Caller, Explain, Outcome, outcomes
from ..twin import Heading, Part, Twin, Words
from . import pages
from .editing import EditsKeys
from .form import STEPS, Form
from .key_page import POLICY, KeyPage
from .keys import COLUMNS, MORE_COLUMNS, Filter, Keys
from .pages import CREATE_KEY, CUSTOMER_MANAGED, NAVIGATION, REVIEWED_POLICY, STORES

if TYPE_CHECKING:
    from ...exercises.engine import LabView
    from .view import ConsoleView


class Console(EditsKeys):
    """AWS's console for KMS, for one identity in one account and Region, by plain boto3 calls.

    `clients` are boto3 clients by service: "kms", and where there are some "iam" (whom steps 3 and 4 offer) and "sts"
    (whose account it is). `explain` is `lab.explain` or None. `reads` is a lab in which one may look who gains and who
    loses by a key policy; without it, the clients are asked. Reading is done when something is shown.
    """

    def __init__(
        self, clients: Mapping[str, Any], explain: Explain | None = None, reads: LabView | None = None
    ) -> None:
        self.caller = Caller(clients, explain)
        self.reads = reads
        self.keys = Keys(self.caller)
        self.place = CUSTOMER_MANAGED
        self.number = 1
        self.by = Filter()
        self.columns: tuple[str, ...] = COLUMNS
        self.form = Form()
        self.step = 1
        self.tab = POLICY
        self.page: KeyPage | None = None
        self.made: Sequence[Outcome] = ()
        self._value = ""
        self._account: tuple[str, str] | None = None
        self._principals: tuple[str, ...] | None = None
        self._stores: Outcome | None = None

    # --- what is chosen -------------------------------------------------------------------------------------------

    @property
    def value(self) -> str:
        """The ID of the key that was made or opened last; before that, of the first key; empty where there is none."""
        if not self._value:
            first = next(iter(self.keys.entries(aws_managed=False)), None)
            return first.key_id if first else ""
        return self._value

    @property
    def account(self) -> tuple[str, str]:
        """The account's ID and its partition, as GetCallerIdentity says, else as a key's ARN does."""
        if self._account is None:
            arn = self.keys.arn()
            if not arn and self.caller.can("sts"):
                arn = (self.caller.make(Call("GetCallerIdentity", {}, "sts")).answer or {}).get("Arn", "")
            parts = arn.split(":") if arn else ["arn", "aws", "", "", "123456789012"]
            self._account = parts[4], parts[1]
        return self._account

    @property
    def principals(self) -> tuple[str, ...]:
        """ARNs of the account's IAM users and roles; those that may not be listed are left out."""
        if self._principals is None:
            found: list[str] = []
            for operation, member in (("ListUsers", "Users"), ("ListRoles", "Roles")) if self.caller.can("iam") else ():
                listed, _ = self.caller.pages(Call(operation, {}, "iam"), member, most=1000)
                found += [each["Arn"] for each in listed if "/aws-service-role/" not in each["Arn"]]
            self._principals = tuple(found)
        return self._principals

    # --- going places ---------------------------------------------------------------------------------------------

    def go(self, place: str) -> Console:
        """Go to one of the three navigation entries."""
        if place not in NAVIGATION:
            raise ValueError(f"The console has {', '.join(NAVIGATION)}, not {place!r}.")
        self.place, self.page, self.number, self.made = place, None, 1, ()
        self.keys.read()
        self._stores = None
        return self.redraw()

    def search(self, number: int = 1, **by: str) -> Console:
        """Filter and sort the list: text (alias or key ID), key_type, regionality, tag_key, tag_value, sort."""
        self.by, self.number = Filter(**by), number
        return self.redraw()

    def prefer(self, *columns: str) -> Console:
        """Show these further columns: the console's Preferences."""
        if strange := [each for each in columns if each not in MORE_COLUMNS]:
            raise ValueError(f"There is no column {strange[0]!r}; there are {', '.join(MORE_COLUMNS)}.")
        self.columns = (*COLUMNS, *columns)
        return self.redraw()

    def open(self, key: str, tab: str = POLICY) -> Console:
        """Open a key's page by key ID, ARN or alias."""
        self._enter(key, tab)
        return self.redraw()

    def back(self) -> Console:
        """Go from a key's page back to the list."""
        self.page, self.made = None, ()
        return self.redraw()

    def _enter(self, key: str, tab: str = POLICY) -> None:
        found = self.caller.make(Call("DescribeKey", {"KeyId": key})) if "alias/" in key or ":" in key else None
        key_id = ((found and found.answer) or {}).get("KeyMetadata", {}).get("KeyId", key)
        self.page = KeyPage(self.caller, self.keys, key_id)
        self.place, self.tab, self.made, self._value = CUSTOMER_MANAGED, tab, (), key_id
        if tab not in self.page.tabs:
            self.tab = self.page.tabs[0]

    # --- making a key ---------------------------------------------------------------------------------------------

    def create_key(self, step: int = 1, **fields: Any) -> Console:
        """Go to the form, at a step from 1 to 6, with these fields filled in; nothing is made. See `Form`."""
        self.form = Form().choose(**fields)
        self.place, self.page, self.made, self.step = CREATE_KEY, None, (), min(max(1, step), len(STEPS))
        return self.redraw()

    def next(self) -> Console:
        """Go to the next step, where nothing is missing in this one."""
        if not self.form.problems(self.step):
            self.step = min(self.step + 1, len(STEPS))
        return self.redraw()

    def previous(self) -> Console:
        """Go to the step before."""
        self.step = max(1, self.step - 1)
        return self.redraw()

    def finish(self) -> Console:
        """Make the key and its alias, as the last step does, and open its page. What is refused stands in `made`."""
        if problems := self.form.problems(6):
            raise ValueError(" ".join(problems))
        (created,) = self.caller.change(self.form.create_key(*self.account))
        made = [created]
        if created.answer is not None:
            key_id = created.answer["KeyMetadata"]["KeyId"]
            made += self.caller.change(self.form.create_alias(key_id))
            self.keys.read()
            self._enter(key_id)
            self.form = Form()
        self.made = made
        return self.redraw()

    def create(self, alias: str, **fields: Any) -> Console:
        """Go through all six steps and finish: `console.create("orders", description="…")`."""
        return self.create_key(len(STEPS), alias=alias, **fields).finish()

    def steps(self, **fields: Any) -> Twin:
        """Show all six steps filled in, without making anything: a picture for a page."""
        form = Form().choose(**fields)
        shown = [part for step in range(1, 7) for part in pages.step_page(form, step, *self.account)]
        return Twin((Heading(CREATE_KEY), *(part for part in shown if getattr(part, "label", "") != REVIEWED_POLICY)))

    def refresh(self) -> Console:
        """Read everything anew: somebody else may have changed it."""
        self._forget()
        return self.redraw()

    def _forget(self) -> None:
        self.keys.read()
        self._stores = None
        if self.page is not None:
            self.page.forget()

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def stores(self) -> Outcome:
        """The custom key stores, or the refusal to list them."""
        if self._stores is None:
            found, last = self.caller.pages(Call("DescribeCustomKeyStores", {}), "CustomKeyStores")
            self._stores = Outcome(last.call, {"CustomKeyStores": found}) if last.done else last
        return self._stores

    def stores_for(self, origin: str) -> list[tuple[str, str]]:
        """List name and ID of the custom key stores that can hold a key of this origin."""
        found = (self.stores.answer or {}).get("CustomKeyStores", [])
        kind = {"AWS CloudHSM key store": "AWS_CLOUDHSM", "External key store": "EXTERNAL_KEY_STORE"}.get(origin)
        return [
            (each["CustomKeyStoreName"], each["CustomKeyStoreId"])
            for each in found
            if each.get("CustomKeyStoreType", "AWS_CLOUDHSM") == kind
        ]

    @property
    def title(self) -> str:
        """What the place is called."""
        if self.page is not None:
            return self.page.key_id
        return self.place

    def parts(self) -> list[Part]:
        """Say what this place shows."""
        if self.page is not None:
            return pages.key_page(self.page, self.tab)
        if self.place == CREATE_KEY:
            return [pages.step_way(self.step), *pages.step_page(self.form, self.step, *self.account)]
        if self.place == STORES:
            return pages.stores_page(self.stores)
        return pages.list_page(self.keys, self.place, self.by, self.number, self.columns)

    def twin(self) -> Twin:
        """Show the navigation, the place, and what came of the last action."""
        entry = CUSTOMER_MANAGED if self.place == CREATE_KEY else self.place
        marked = " | ".join(f"[{each}]" if each == entry else each for each in NAVIGATION)
        head = (Heading("Key Management Service (KMS)"), Words(marked), Heading(self.title, 2))
        return Twin((*head, *outcomes(self.made), *self.parts()))

    def make_view(self) -> ConsoleView:
        """Make the live console."""
        from .view import ConsoleView

        return ConsoleView(self)
