"""What the console shows in each place, as parts of its twin. Pure but for what the lists and pages read."""

from __future__ import annotations

from collections.abc import Sequence

from ..calls import Outcome
from ..twin import Code, Facts, Heading, Part, Table, Words
from . import words
from .form import STEPS, Form
from .key_page import KeyPage, pretty
from .keys import COLUMNS, Filter, Keys
from .words import MULTI_REGION

AWS_MANAGED, CUSTOMER_MANAGED, STORES = "AWS managed keys", "Customer managed keys", "Custom key stores"
CREATE_KEY = "Create key"
NAVIGATION = (AWS_MANAGED, CUSTOMER_MANAGED, STORES)
AWS_COLUMNS = ("Aliases", "Key ID", "Status")
REVIEWED_POLICY = "Key policy"
FOR_GOOD = "You can't change these choices after the key is created."


def list_page(keys: Keys, place: str, by: Filter, number: int, columns: Sequence[str] = COLUMNS) -> list[Part]:
    """Show one page of a list of keys."""
    aws_managed = place == AWS_MANAGED
    columns = AWS_COLUMNS if aws_managed else columns
    page = keys.page(by, number, aws_managed=aws_managed)
    rows = [keys.row(entry, columns) for entry in page.entries]
    parts: list[Part] = [Words(each.says, "refused") for each in keys.refused]
    parts.append(Table(count(place, page.found, page.number, page.complete), columns, rows, "No keys"))
    return [*parts, Words(page.note, "note")] if page.note else parts


def count(place: str, found: int, number: int, complete: bool) -> str:
    """Write a list's caption."""
    return f"{place} ({found}{'' if complete else ' so far'}), page {number}"


def stores_page(outcome: Outcome) -> list[Part]:
    """Show the custom key stores, of both kinds."""
    if outcome.answer is None:
        return [Words(outcome.says, "refused")]
    parts: list[Part] = []
    for kind, title in (("AWS_CLOUDHSM", "AWS CloudHSM key stores"), ("EXTERNAL_KEY_STORE", "External key stores")):
        rows = [
            (
                store.get("CustomKeyStoreName", words.NOTHING),
                store["CustomKeyStoreId"],
                store.get("ConnectionState", words.NOTHING).replace("_", " ").capitalize(),
                words.moment(store.get("CreationDate")),
            )
            for store in outcome.answer.get("CustomKeyStores", [])
            if store.get("CustomKeyStoreType", "AWS_CLOUDHSM") == kind
        ]
        columns = ("Custom key store name", "Custom key store ID", "Connection state", "Creation date")
        parts.append(Table(title, columns, rows))
    return parts


def key_page(page: KeyPage, tab: str) -> list[Part]:
    """Show a key's general configuration and one of its tabs."""
    return [
        Heading("General configuration", 2),
        *page.general(),
        Words(f"Tabs: {', '.join(f'[{each}]' if each == tab else each for each in page.tabs)}"),
        Heading(tab, 2),
        *page.tab(tab),
    ]


def step_page(form: Form, step: int, account: str, partition: str) -> list[Part]:
    """Show one step of the form (1 to 6), with what keeps it from being left."""
    parts = [_configure, _labels, _administrators, _users][step - 1](form) if step <= 4 else []
    if step == 5:
        parts = [Code(form.document(account, partition), "Key policy (preview)")]
    if step == 6:
        parts = review_page(form, account, partition)
    return [step_title(step), *parts, *(Words(each, "refused") for each in form.problems(step))]


def step_title(step: int) -> Part:
    """Say which step it is."""
    return Heading(f"Step {step} of {len(STEPS)}: {STEPS[step - 1]}", 2)


def step_way(step: int) -> Part:
    """Say which steps there are, and mark this one."""
    names = [name.removesuffix(" - optional") for name in STEPS]
    return Words(" > ".join(f"[{name}]" if at == step else name for at, name in enumerate(names, 1)))


def _configure(form: Form) -> list[Part]:
    facts = [("Key type", form.key_type), ("Key usage", form.key_usage)]
    if len(form.specs) > 1:
        facts.append(("Key spec", form.key_spec))
    facts += [("Advanced options: Key material origin", form.origin), ("Regionality", form.regionality)]
    if form.in_store:
        facts.append(("Custom key store", form.custom_key_store_id or words.NOTHING))
    if form.origin == "External key store":
        facts.append(("External key ID", form.xks_key_id or words.NOTHING))
    return [Facts(facts), Words(FOR_GOOD, "note")]


def _labels(form: Form) -> list[Part]:
    tags = ", ".join(f"{key}={value}" for key, value in form.tags)
    return [
        Facts(
            [
                ("Alias", form.alias or words.NOTHING),
                ("Description - optional", form.description or words.NOTHING),
                ("Tags - optional", tags or words.NOTHING),
            ]
        )
    ]


def _administrators(form: Form) -> list[Part]:
    return [
        Facts(
            [
                ("Key administrators", ", ".join(form.administrators) or "None"),
                ("Key deletion: Allow key administrators to delete this key", "Yes" if form.deletion else "No"),
            ]
        )
    ]


def _users(form: Form) -> list[Part]:
    return [
        Facts(
            [
                ("Key users", ", ".join(form.users) or "None"),
                ("Other AWS accounts", ", ".join(form.other_accounts) or "None"),
            ]
        )
    ]


def review_page(form: Form, account: str, partition: str) -> list[Part]:
    """Show all settings, and what Finish will do."""
    tags = ", ".join(f"{key}={value}" for key, value in form.tags)
    settings = [
        ("Key type", form.key_type),
        ("Key spec", form.key_spec),
        ("Key usage", form.key_usage),
        ("Origin", form.origin),
        ("Regionality", "Multi-Region" if form.regionality == MULTI_REGION else "Single-Region"),
        ("Alias", form.alias or words.NOTHING),
        ("Description", form.description or words.NOTHING),
        ("Tags", tags or words.NOTHING),
    ]
    parts: list[Part] = [Facts(settings), Code(pretty(form.document(account, partition)), REVIEWED_POLICY)]
    if not form.problems(6):
        parts += [
            Code(form.as_shell(account, partition), "Finish does the same as these commands"),
            Code(form.as_python(account, partition), "or these lines of Python"),
        ]
    return parts
