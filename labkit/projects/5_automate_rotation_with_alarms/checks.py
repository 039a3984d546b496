"""Checks of notebooks/projects/5-automate-rotation-with-alarms.ipynb: they read the account, and leave no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from labkit.exercises.account import aliases, calls, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved

IRELAND, GROUP, TOPIC, DAY = "eu-west-1", "calls", "key-alerts", 86400
EVENTS = "events.amazonaws.com"
TOLD = ("DisableKey", "ScheduleKeyDeletion")
USUAL = ("Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey")
EXPIRY = "SecondsUntilKeyMaterialExpiration"
BELOW = ("LessThanThreshold", "LessThanOrEqualToThreshold")
FUNCTION = "key-rotator"


def tell_ireland(lab: LabView, answer: Any) -> Outcome:
    """Check that a rule in Ireland tells an encrypted topic there of trouble with keys, and has done so."""
    events, sns = lab.observer.client("events", IRELAND), lab.observer.client("sns", IRELAND)
    rules = [rule for page in events.get_paginator("list_rules").paginate() for rule in page["Rules"]]
    mine = [rule for rule in rules if rule.get("EventPattern")]
    if not mine:
        return not_attempted("EventBridge has no rule for events in eu-west-1.")
    matching = [rule for rule in mine if all(_matches(events, rule, name) for name in TOLD)]
    if not matching:
        return not_yet(f"No rule in eu-west-1 matches both {' and '.join(TOLD)}, as CloudTrail records them.")
    if noisy := [rule["Name"] for rule in matching if any(_matches(events, rule, name) for name in USUAL)]:
        return not_yet(f"The rule {noisy[0]} matches everyday calls as well, such as {USUAL[0]}: nobody would read on.")
    on = [rule for rule in matching if rule["State"] != "DISABLED"]
    if not on:
        return not_yet(f"The rule {matching[0]['Name']} is disabled.")
    targets = [each["Arn"] for rule in on for each in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
    topics = [arn for arn in targets if arn.startswith(f"arn:aws:sns:{IRELAND}:")]
    if not topics:
        return not_yet(
            "The rule matches. It has no topic of Ireland as its target, and a rule's targets are in its Region."
        )
    there = {topic["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for topic in page["Topics"]}
    if gone := [arn for arn in topics if arn not in there]:
        return not_yet(f"The rule's topic {gone[0].rpartition(':')[2]} is not there.")
    keys = {arn: sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("KmsMasterKeyId", "") for arn in topics}
    if plain := [arn for arn, key in keys.items() if not key]:
        return not_yet(f"The rule has a topic in Ireland. The topic {plain[0].rpartition(':')[2]} is not encrypted.")
    kms = lab.observer.client("kms", IRELAND)
    used = [kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"] for key in keys.values()]
    if wrong := next(filter(None, (unusable(lab, arn) for arn in used)), ""):
        return not_yet(f"The rule's topic is encrypted. But: {wrong}")
    asked = [e for e in _by_eventbridge(lab) if e["awsRegion"] == IRELAND and key_arn(e) in ("", *used)]
    if not asked:
        return not_yet(
            "All is in place. No message has gone through it yet: disable some key in Ireland, and enable it."
        )
    if "errorCode" in asked[-1]:
        return not_yet(
            "EventBridge was refused the topic's key in Ireland: its key policy must let events.amazonaws.com in."
        )
    return solved("What happens to a key in Ireland is told in Ireland.")


def _matches(events: Any, rule: dict[str, Any], name: str) -> bool:
    """Whether a rule is about this call of KMS, by whomever and on whichever key."""
    detail = {"eventSource": "kms.amazonaws.com", "eventName": name, "awsRegion": IRELAND, "readOnly": False}
    detail |= {"userIdentity": {"type": "AssumedRole"}, "eventType": "AwsApiCall", "eventCategory": "Management"}
    event = {"id": "1", "source": "aws.kms", "detail-type": "AWS API Call via CloudTrail", "detail": detail}
    event |= {"account": "111122223333", "time": "2026-01-05T09:00:00Z", "region": IRELAND, "resources": []}
    found: bool = events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))["Result"]
    return found


def _by_eventbridge(lab: LabView) -> list[dict[str, Any]]:
    """EventBridge's requests for data keys, granted and refused, oldest first."""
    made = [event for event in lab.events() if event["eventName"] == "GenerateDataKey"]
    return [event for event in made if event["userIdentity"].get("invokedBy") == EVENTS]


def still_in_use(lab: LabView, answer: Any) -> Outcome:
    """Check that an alarm counts the uses of keys that are pending deletion, and no others, and has rung."""
    logs = lab.observer.client("logs")
    found = [each for each in _alarms(lab) if each.get("MetricName") and each["Namespace"] != "AWS/KMS"]
    filters = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    pending, others = _samples(lab)
    counted = []
    for alarm in found:
        of_metric = [each for each in filters if _feeds(each, alarm)]
        if all(any(_counts(logs, each["filterPattern"], [one]) for each in of_metric) for one in pending):
            counted.append((alarm, any(_counts(logs, each["filterPattern"], others) for each in of_metric)))
    if not counted:
        return not_attempted(
            "No alarm that tells the topic looks at calls that fail because a key is pending deletion."
        )
    exact = [alarm for alarm, counts_more in counted if not counts_more]
    if not exact:
        return not_yet(f"The metric of {counted[0][0]['AlarmName']} counts other calls as well.")
    late = [words for words in map(_not_at_the_first, exact) if words]
    if len(late) == len(exact):
        return not_yet(late[0])
    names = [alarm["AlarmName"] for alarm in exact if not _not_at_the_first(alarm)]
    if [each for each in calls(lab, "SetAlarmState") if each["requestParameters"]["alarmName"] in names]:
        return not_yet(
            "You have set the alarm's state by hand. Make it anew under another name, and let it ring by itself."
        )
    if wrong := unusable(lab, str(the_key(lab, "alerts")["Arn"])):
        return not_yet(f"The alarm is as it should be, and its topic can't tell anybody. {wrong}")
    failed = [e for e in lab.events() if e.get("errorCode") == "KMSInvalidStateException"]
    for name in names if any("pending deletion" in e.get("errorMessage", "") for e in failed) else ():
        if _has_rung(lab, name):
            return solved("Whoever still needs the key is heard of before the key is gone.")
    return not_yet(f"The alarm {names[0]} has not rung: use a key whose deletion is scheduled, and wait.")


def _alarms(lab: LabView) -> list[dict[str, Any]]:
    """The alarms that tell the topic, with their actions switched on."""
    pages = lab.observer.client("cloudwatch").get_paginator("describe_alarms").paginate()
    every = [alarm for page in pages for alarm in page["MetricAlarms"] if alarm["ActionsEnabled"]]
    account = lab.observer.client("sts").get_caller_identity()["Account"]
    return [each for each in every if f"arn:aws:sns:{lab.region}:{account}:{TOPIC}" in each["AlarmActions"]]


def _not_at_the_first(alarm: dict[str, Any]) -> str:
    """What keeps an alarm from ringing at the first call, and only then; "" if nothing does."""
    name, threshold = alarm["AlarmName"], alarm["Threshold"]
    first = {"GreaterThanOrEqualToThreshold": 0 < threshold <= 1, "GreaterThanThreshold": 0 <= threshold < 1}
    if alarm["ComparisonOperator"] not in first:
        return f"The alarm {name} compares the wrong way round: it rings while nobody uses such a key."
    if not first[alarm["ComparisonOperator"]]:
        return f"The alarm {name} does not ring between no call and the first one: its threshold is {threshold:g}."
    if (alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]) > 1:
        return f"The alarm {name} waits for more than one period with such a call."
    if alarm.get("Statistic") not in ("Sum", "Maximum"):
        return f"The alarm {name} takes {alarm.get('Statistic')}, which does not tell one call from none."
    if alarm.get("TreatMissingData") == "breaching":
        return f"The alarm {name} takes missing data for a call: it rings while nobody uses such a key."
    return ""


def _feeds(metric_filter: dict[str, Any], alarm: dict[str, Any]) -> bool:
    places = [(each["metricNamespace"], each["metricName"]) for each in metric_filter["metricTransformations"]]
    return (alarm["Namespace"], alarm["MetricName"]) in places


def _counts(logs: Any, pattern: str, messages: list[str]) -> bool:
    """Whether a pattern matches one of the records."""
    return bool(logs.test_metric_filter(filterPattern=pattern, logEventMessages=messages)["matches"])


def _samples(lab: LabView) -> tuple[list[str], list[str]]:
    """Uses of a key that is pending deletion, as the trail has them; and calls of other kinds, refused and not."""
    key = f"arn:aws:kms:{lab.region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    record = {"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "awsRegion": lab.region}
    said = {"errorCode": "KMSInvalidStateException", "errorMessage": f"{key} is pending deletion."}
    other: tuple[dict[str, str], ...] = (
        {},
        {"errorCode": "AccessDenied", "errorMessage": "User is not authorized to perform: kms:Decrypt"},
        {"errorCode": "DisabledException", "errorMessage": f"{key} is disabled."},
        {"errorCode": "KMSInvalidStateException", "errorMessage": f"{key} is pending import."},
        {"errorCode": "NotFoundException", "errorMessage": f"Key '{key}' does not exist"},
        {"eventName": "ScheduleKeyDeletion"},
    )
    pending = [{"eventName": name} for name in ("Decrypt", "Encrypt", "GenerateDataKey", "Sign")]
    return [json.dumps(record | said | each) for each in pending], [json.dumps(record | each) for each in other]


def _has_rung(lab: LabView, name: str) -> bool:
    asked = {"AlarmName": name, "HistoryItemType": "StateUpdate"}
    pages = lab.observer.client("cloudwatch").get_paginator("describe_alarm_history").paginate(**asked)
    return any("to ALARM" in item["HistorySummary"] for page in pages for item in page["AlarmHistoryItems"])


def three_weeks_notice(lab: LabView, answer: Any) -> Outcome:
    """Check that an alarm tells the topic when the partner's material has 21 days left."""
    partner = the_key(lab, "partner")["KeyId"]
    on_expiry = [each for each in _alarms(lab) if each.get("MetricName") == EXPIRY and each["Namespace"] == "AWS/KMS"]
    mine = [each for each in on_expiry if each["Dimensions"] == [{"Name": "KeyId", "Value": partner}]]
    if not mine:
        if [each for each in on_expiry if each["AlarmName"] != "bank-expires"]:
            return not_yet("There is one more alarm before material expires. It is for another key.")
        return not_attempted("No alarm that tells the topic looks at the material of `partner`.")
    wrong = [words for words in map(_what_is_wrong, mine) if words]
    if len(wrong) == len(mine):
        return not_yet(wrong[0])
    state = the_key(lab, "partner")["KeyState"]
    taken = [e for e in calls(lab, "DeleteImportedKeyMaterial") if key_arn(e).endswith(f"/{partner}")]
    if state in ("PendingDeletion", "Disabled") or (state == "PendingImport" and taken):
        return not_yet(f"The alarm is as it should be. But: the key `partner` is {state}.")
    return solved("The partner has three weeks to make new material.")


def _what_is_wrong(alarm: dict[str, Any]) -> str:
    """What keeps an alarm from ringing 21 days before; "" if nothing does."""
    days = alarm["Threshold"] / DAY
    if alarm["ComparisonOperator"] not in BELOW:
        return f"The alarm {alarm['AlarmName']} compares the wrong way round: it is well once few days are left."
    if abs(days - 21) > 0.5:
        return f"The alarm {alarm['AlarmName']} rings {days:g} days before."
    if alarm["Period"] * (alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]) > DAY:
        return f"The alarm {alarm['AlarmName']} looks at more than a day before it rings, and rings that much later."
    if alarm.get("Unit", "Seconds") != "Seconds":
        return f"The alarm {alarm['AlarmName']} looks for {alarm['Unit']}. KMS publishes Seconds, so it sees none."
    if alarm.get("Statistic") not in ("Minimum", "Maximum", "Average"):
        return f"The alarm {alarm['AlarmName']} takes {alarm.get('Statistic')}, which tells no time that is left."
    return ""


def under_watch(lab: LabView, answer: Any) -> Outcome:
    """Check that the key `sessions` is tagged, has its alias, and was renewed by the function."""
    kms = lab.observer.client("kms")
    made = next(iter(_described(lab, "sessions")), None)
    if made is None:
        return not_attempted("There is no key described `sessions`.")
    if wrong := unusable(lab, made["Arn"]):
        return not_yet(wrong)
    names = [alias for alias, key in aliases(lab).items() if key == made["KeyId"]]
    if not any(name.startswith("alias/watch/") for name in names):
        return not_yet(
            "The key is there. It has no alias of the form alias/watch/..., so the function does not find it."
        )
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=made["Arn"])["Tags"]}
    if tags.get("watch") != "yes":
        return not_yet("The function finds the key, and may not touch it: the key has no tag watch=yes.")
    turned = [event for event in calls(lab, "RotateKeyOnDemand") if key_arn(event) == made["Arn"]]
    if not turned:
        return not_yet("The key is under watch. The function has not renewed it yet: it runs each 90 days.")
    if not any(
        is_by(event, "KeyRotator") and event["userIdentity"]["arn"].endswith(f"/{FUNCTION}") for event in turned
    ):
        return not_yet("The key has new material. It was not the function that gave it.")
    if wrong := _stopped(lab):
        return not_yet(f"The key was renewed. But nothing renews it from now on: {wrong}")
    return solved("From now on nobody has to think of it.")


def _stopped(lab: LabView) -> str:
    """What keeps the function from its next round; "" if nothing does."""
    functions = lab.observer.client("lambda").get_paginator("list_functions").paginate()
    if FUNCTION not in {each["FunctionName"] for page in functions for each in page["Functions"]}:
        return f"the function {FUNCTION} is not there."
    rules = {rule["Name"]: rule["State"] for rule in lab.observer.client("events").list_rules()["Rules"]}
    return "" if rules.get(FUNCTION) == "ENABLED" else f"the rule {FUNCTION} does not run it."


def _described(lab: LabView, description: str) -> Iterator[dict[str, Any]]:
    """The customer's keys of that description, newest first."""
    kms = lab.observer.client("kms")
    ids = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    found = [kms.describe_key(KeyId=key_id)["KeyMetadata"] for key_id in ids]
    yield from sorted(
        (k for k in found if k["Description"] == description), key=lambda k: k["CreationDate"], reverse=True
    )
