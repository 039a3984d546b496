"""Checks of notebooks/18-cloudtrail-in-pandas.ipynb: they read the account, its records and the sample logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from labkit.exercises.account import calls, context_of, is_by, key_arn, the_key
from labkit.exercises.answers import named
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered

KMS = "kms.amazonaws.com"
THREE = ("Ann", "Ben", "Cleo")
REPORTS, NIGHT = "AWSLogs/444455556666", ("2026-01-07", "2026-01-08")


def night_order(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the order that stands in the context of Night's Decrypt."""
    if answer is None:
        return unanswered()
    found = [context_of(event).get("order") for event in calls(lab, "Decrypt") if is_by(event, "Night")]
    if str(answer).strip() not in found:
        return not_yet(f"Order {answer} was not decrypted, or not by the role Night.")
    return solved("Without a plaintext in it, the record tells which order was opened.")


def speak(lab: LabView, answer: Any) -> Outcome:
    """Check that the trail records all of KMS again and runs, and a use of the key since then was delivered."""
    cloudtrail = lab.observer.client("cloudtrail")
    chosen = cloudtrail.get_event_selectors(TrailName="shop")
    advanced = chosen.get("AdvancedEventSelectors")
    lacking = _lacking(chosen.get("EventSelectors", [])) if not advanced else None
    if lacking is not None:
        return lacking
    if advanced and not {"true", "false"} <= {each for selector in advanced for each in _takes(selector)}:
        return not_yet("The trail's advanced selectors, taken together, don't take all calls of KMS.")
    status = cloudtrail.get_trail_status(Name="shop")
    if not status["IsLogging"]:
        return not_yet("The trail's selectors are as they should be. But it is stopped: it records nothing now.")
    changed = max(event["eventTime"] for event in calls(lab, "PutEventSelectors") if _is_about(event, "shop"))
    used = [event for event in _uses(lab) if event["eventTime"] > changed and _was_logging(lab, event)]
    if not used:
        return not_yet("The trail is as it should be; since then nobody has used the key.")
    delivered = status.get("LatestDeliveryTime")
    if delivered is None or delivered < datetime.fromisoformat(used[0]["eventTime"]):
        if error := status.get("LatestDeliveryError"):
            return not_yet(f"The key was used; the record can't be delivered into the bucket: {error}.")
        return not_yet("The key was used; the record is not delivered yet.")
    return solved("The trail speaks of KMS again. What happened in between, only the event history knows, for 90 days.")


def _is_about(event: dict[str, Any], trail: str) -> bool:
    """Whether a call of CloudTrail names this trail, by its name or ARN."""
    asked = event["requestParameters"] or {}
    return str(asked.get("trailName") or asked.get("name") or "").rpartition("/")[2] == trail


def _was_logging(lab: LabView, event: dict[str, Any]) -> bool:
    """Whether the trail ran at the time of this event."""
    turns = [each for each in calls(lab, "StartLogging", "StopLogging") if _is_about(each, "shop")]
    before = [each["eventName"] for each in turns if each["eventTime"] <= event["eventTime"]]
    return before[-1:] == ["StartLogging"]


def how_often(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of successful cryptographic calls with the key of the orders."""
    if (wrong := no_number(answer)) is not None:
        return wrong
    used = len(list(_uses(lab)))
    if answer < used:
        return not_yet(
            f"There are more than {answer} by now. Count by `resources`, not by what was typed, and every operation. "
            "If the key was used since you counted, load the records again."
        )
    if answer > used:
        return not_yet(f"{answer} are too many: some of those calls manage the key or failed, and use nothing.")
    return solved("Counted by the key itself, whatever it was called.")


def on_purpose(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the role that was refused by an explicit deny."""
    if answer is None:
        return unanswered()
    name = named(str(answer), THREE)
    if name is None:
        return not_yet(f"{str(answer)!r} is none of the three.")
    refused = [event.get("errorMessage", "") for event in lab.events() if is_by(event, name) and "errorCode" in event]
    if not refused:
        return not_attempted(f"The trail has no refused call of {name} so far.")
    if not any("explicit deny" in message for message in refused):
        return not_yet(f"{name} was refused because no policy allows the call. Nothing denies it.")
    return solved("To give the missing permission would not help here: a deny goes before every allow.")


def one_night(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of the report's Decrypt calls of one night, in its own account's files."""
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
    """What basic selectors leave out of KMS's calls; None if nothing. A call is recorded if any selector takes it."""
    management = [selector for selector in selectors if selector.get("IncludeManagementEvents")]
    if not management:
        return not_yet("Management events, and KMS's are of that kind, are not recorded at all now.")
    loud = [selector for selector in management if KMS not in selector.get("ExcludeManagementEventSources", [])]
    if not loud:
        return not_attempted("The trail `shop` leaves KMS out.")
    kinds = {selector["ReadWriteType"] for selector in loud}
    if "All" not in kinds and not {"ReadOnly", "WriteOnly"} <= kinds:
        return not_yet("Only some calls are recorded. In CloudTrail's terms Decrypt and Encrypt are reading ones.")
    return None


def _takes(selector: dict[str, Any]) -> set[str]:
    """Which of KMS's management events an advanced selector takes, by the values of `readOnly`."""
    fields = {field["Field"]: field for field in selector["FieldSelectors"]}
    if fields.pop("eventCategory", {}).get("Equals") != ["Management"]:
        return set()
    sources, reading = fields.pop("eventSource", {}), fields.pop("readOnly", {})
    if fields or KMS in sources.get("NotEquals", []) or KMS not in sources.get("Equals", [KMS]):
        return set()
    if set(sources) - {"Field", "Equals", "NotEquals"} or set(reading) - {"Field", "Equals"}:
        return set()
    return set(reading.get("Equals", ["true", "false"]))


def _uses(lab: LabView) -> Iterator[dict[str, Any]]:
    """Successful cryptographic calls with the key of the orders."""
    from labkit.trail.ask.questions import USES

    arn = the_key(lab, "orders")["Arn"]
    return (event for event in calls(lab, *USES) if key_arn(event) == arn)
