"""Checks of notebooks/18-cloudtrail-in-pandas.ipynb: they read the account, its records and the sample logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from labkit.exercises.account import calls, key_arn, keys
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered

KMS = "kms.amazonaws.com"
THREE = ("Ann", "Ben", "Cleo")
REPORTS, NIGHT = "AWSLogs/444455556666", ("2026-01-07", "2026-01-08")


def night_order(lab: LabView, answer: Any) -> Outcome:
    """The answer is the order that stands in the context of Night's Decrypt."""
    if answer is None:
        return unanswered()
    found = [
        event["requestParameters"]["encryptionContext"]["order"] for event in calls(lab, "Decrypt") if _night(event)
    ]
    if str(answer) not in found:
        return not_yet(f"Order {answer} was not decrypted, or not by the role Night.")
    return solved("Without a plaintext in it, the record tells which order was opened.")


def speak(lab: LabView, answer: Any) -> Outcome:
    """The trail records all of KMS again, and a use of the key since then was delivered."""
    cloudtrail = lab.observer.client("cloudtrail")
    chosen = cloudtrail.get_event_selectors(TrailName="shop")
    advanced = chosen.get("AdvancedEventSelectors")
    lacking = _lacking(chosen.get("EventSelectors", [])) if not advanced else None
    if lacking is not None:
        return lacking
    if advanced and not any(_takes_all_of_kms(selector) for selector in advanced):
        return not_yet("None of the trail's advanced selectors takes all calls of KMS.")
    changed = max(event["eventTime"] for event in calls(lab, "PutEventSelectors"))
    used = [event["eventTime"] for event in _uses(lab) if event["eventTime"] > changed]
    if not used:
        return not_yet("The trail is as it should be; since then nobody has used the key.")
    delivered = cloudtrail.get_trail_status(Name="shop").get("LatestDeliveryTime")
    if delivered is None or delivered < datetime.fromisoformat(used[0]):
        return not_yet("The key was used; the record is not delivered yet.")
    return solved("The trail speaks of KMS again. What happened in between, only the event history knows, for 90 days.")


def how_often(lab: LabView, answer: Any) -> Outcome:
    """The answer is the number of successful cryptographic calls with the key of the orders."""
    if (wrong := no_number(answer)) is not None:
        return wrong
    used = len(list(_uses(lab)))
    if answer < used:
        return not_yet(
            f"There are more than {answer}. Count by `resources`, not by what was typed, and every operation."
        )
    if answer > used:
        return not_yet(f"{answer} are too many: some of those calls manage the key or failed, and use nothing.")
    return solved("Counted by the key itself, whatever it was called.")


def on_purpose(lab: LabView, answer: Any) -> Outcome:
    """The answer is the role that was refused by an explicit deny."""
    if answer is None:
        return unanswered()
    name = next((name for name in THREE if name in str(answer).split("/")), None)  # or an ARN with the name in it
    if name is None:
        return not_yet(f"{str(answer)!r} is none of the three.")
    refused = [
        event.get("errorMessage", "")
        for event in lab.events()
        if f":assumed-role/{name}/" in event["userIdentity"].get("arn", "") and "errorCode" in event
    ]
    if not any("explicit deny" in message for message in refused):
        return not_yet(f"{name} was refused because no policy allows the call. Nothing denies it.")
    return solved("To give the missing permission would not help here: a deny goes before every allow.")


def one_night(lab: LabView, answer: Any) -> Outcome:
    """The answer is the number of the report's Decrypt calls of one night, in its own account's files."""
    from labkit.trail import load  # pandas is loaded when it is needed
    from labkit.trail.samples import sample

    if (wrong := no_number(answer)) is not None:
        return wrong
    events = load(str(sample("fortnight") / REPORTS), start=NIGHT[0], end=NIGHT[1], sources=["kms"], tell=str)
    role = events["principal"].astype("str").str.endswith("/NightlyReport", na=False)
    right = int((role & (events["event"] == "Decrypt") & events["error"].isna()).sum())
    if answer == right:
        return solved("One account's record for each call, and one day of them.")
    if answer == 2 * right:
        return not_yet("Each call is counted twice: once in the account of the caller, once in that of the key.")
    if answer > 2 * right:
        return not_yet(f"{answer} are too many. Is that the whole fortnight?")
    return not_yet(f"{answer} is not the number of that night.")


def _lacking(selectors: list[dict[str, Any]]) -> Outcome | None:
    """What basic selectors leave out of KMS's calls; None if nothing."""
    management = [selector for selector in selectors if selector.get("IncludeManagementEvents")]
    if not management:
        return not_yet("Management events, and KMS's are of that kind, are not recorded at all now.")
    if any(KMS in selector.get("ExcludeManagementEventSources", []) for selector in management):
        return not_attempted("The trail `shop` leaves KMS out.")
    if all(selector["ReadWriteType"] != "All" for selector in management):
        return not_yet("Only some calls are recorded. In CloudTrail's terms Decrypt and Encrypt are reading ones.")
    return None


def _takes_all_of_kms(selector: dict[str, Any]) -> bool:
    """Whether an advanced selector takes management events, and leaves out at most other services' ones."""
    fields = {field["Field"]: field for field in selector["FieldSelectors"]}
    sources = fields.pop("eventSource", {})
    is_all = set(fields) == {"eventCategory"} and fields["eventCategory"].get("Equals") == ["Management"]
    return is_all and set(sources) <= {"Field", "NotEquals"} and KMS not in sources.get("NotEquals", [])


def _night(event: dict[str, Any]) -> bool:
    return ":assumed-role/Night/" in event["userIdentity"].get("arn", "")


def _uses(lab: LabView) -> Iterator[dict[str, Any]]:
    """Successful cryptographic calls with the key of the orders."""
    from labkit.trail.ask.questions import USES

    arn = next(key["Arn"] for key in keys(lab) if key["Description"] == "orders")
    return (event for event in calls(lab, *USES) if key_arn(event) == arn)
