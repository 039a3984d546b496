"""Checks of notebooks/24-services-that-call-kms.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from labkit.cloud.core.kms_operations import service_model
from labkit.exercises.account import aliases, calls, context_of, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved
from labkit.exercises.permissions import decided, grants_on, has_first_policy, identity_policies
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.exercises.reach.moment import LATER
from labkit.exercises.reach.rights import Situation
from labkit.exercises.reach.situations import in_context, through

from .rules import sends

LOGS, ALARMS, RULES = "logs.us-east-1.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"
TO_SEAL = ("kms:Decrypt", "kms:GenerateDataKey")
DATA_KEYS = ("kms:Decrypt", "kms:GenerateDataKey*")
FOR_LOGS = ("kms:Encrypt", *TO_SEAL, "kms:ReEncryptFrom", "kms:ReEncryptTo")
OF_LOGS, OF_TRAILS = "kms:EncryptionContext:aws:logs:arn", "kms:EncryptionContext:aws:cloudtrail:arn"
FRANKFURT, WATCHED = "eu-central-1", ("DisableKey", "ScheduleKeyDeletion")
KNOWN = (LOGS, ALARMS, RULES, "cloudtrail.amazonaws.com")  # the services that the notebook lets in with `museum`
FILES = "arn:aws:s3:::museum-trail/AWSLogs/"


def one_log_group(lab: LabView, answer: Any) -> Outcome:
    """Check that `till` lets CloudWatch Logs in for one log group alone, and that the group is under the key."""
    arn = str(the_key(lab, "till")["Arn"])
    groups = lab.observer.client("logs").describe_log_groups(logGroupNamePrefix="till")["logGroups"]
    group = next((each for each in groups if each["logGroupName"] == "till"), None)
    if group is None:
        return not_yet("The log group `till` is gone.")
    if _is_as_made(lab, arn) and not group.get("kmsKeyId"):
        return not_attempted("The key policy of `till` lets no service in, and the log group is under no key.")
    named = group["arn"].removesuffix(":*")
    pairs = in_context({"aws:logs:arn": named})
    within = Right(
        ("kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"), (arn,), {OF_LOGS: (named,)}
    )
    looks = Right(("kms:Describe*",), (arn,))
    said = _let_in_alone(
        Reach(lab), arn, LOGS, FOR_LOGS, pairs, (within, looks), "more than the log group `till` takes"
    )
    if said:
        return not_yet(said)
    if group.get("kmsKeyId") != arn:
        return not_yet("The key policy is as it should be. The log group `till` is not under the key yet.")
    if wrong := unusable(lab, arn):
        return not_yet(f"The log group is under the key. But: {wrong}")
    return solved("CloudWatch Logs has the key for one log group. Another one would be refused, whoever associates it.")


def reading_glasses(lab: LabView, answer: Any) -> Outcome:
    """Check that the Auditor may decrypt what is sealed for the trail, nothing else, and has done so."""
    arn, reach = str(the_key(lab, "museum")["Arn"]), Reach(lab)
    key, auditor = reach.key(arn), reach.caller("Auditor")
    trail = f"arn:aws:cloudtrail:{lab.region}:{key.account}:trail/main"
    file = in_context({"aws:cloudtrail:arn": trail, "aws:s3:arn": f"{FILES}{key.account}/x"})
    if reach.exceeds_on(key, auditor) is None and not any(
        "kms:" in str(each) for each in identity_policies(lab, "Auditor")
    ):
        return not_attempted("The role Auditor may do nothing with the key.")
    if not _for_long(reach, auditor, "kms:Decrypt", key, {**file, **through("s3", lab.region)}):
        return not_yet(
            "With these permissions, the Auditor can't read the trail's files: S3 is refused the key for them."
        )
    within = Right(("kms:Decrypt",), (arn,), {OF_TRAILS: (trail,)})
    if (more := reach.exceeds(auditor, within, Right(("s3:*",)))) is not None:
        return not_yet(f"The Auditor may do more than decrypt what was sealed for this trail: {more.told}.")
    people = [each for each in reach.callers(key) if each.name not in ("Auditor", *KNOWN)]
    strangers = [without_policies(each) for each in people if not each.is_administrator]
    if (other := reach.let_in(key, strangers)) is not None:
        return not_yet(f"The key policy of `museum`, or a grant, lets others in as well: {other}.")
    if not _keeps_its_account(reach, key):
        return not_yet("The key policy of `museum` has lost your own account's statement, or part of it.")
    if wrong := unusable(lab, arn):
        return not_yet(f"The permissions are as they should be. But: {wrong}")
    bucket = lab.observer.client("s3").get_bucket_policy(Bucket="museum-trail")["Policy"]
    if not decided(lab, "Auditor", "s3:GetObject", f"{FILES}{key.account}/x", bucket):
        return not_yet("The key is open for the Auditor. But its permission s3:GetObject for the files is gone.")
    read = [event for event in calls(lab, "Decrypt") if is_by(event, "Auditor") and key_arn(event) == arn]
    by_s3 = [
        context_of(event) for event in read if event["userIdentity"].get("invokedBy", "").endswith("s3.amazonaws.com")
    ]
    if not any(
        each.get("aws:cloudtrail:arn") == trail and each.get("aws:s3:arn", "").startswith(FILES) for each in by_s3
    ):
        return not_yet("The permissions are as they should be. The Auditor has not read a file of the trail yet.")
    return solved("The key opens the trail's files for the Auditor, and nothing else that lies under it.")


def fire_bell(lab: LabView, answer: Any) -> Outcome:
    """Check that `bell` lets CloudWatch in with two actions, and that the alarm's action succeeded."""
    arn, account = str(the_key(lab, "bell")["Arn"]), str(the_key(lab, "bell")["AWSAccountId"])
    topic = f"arn:aws:sns:{lab.region}:{account}:fire"
    under = lab.observer.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"].get("KmsMasterKeyId", "")
    if _is_as_made(lab, arn) and under == arn:
        return not_attempted("The key policy of `bell` lets no service in.")
    leading = {name for name, target in aliases(lab).items() if target == arn.rpartition("/")[2]}
    if under.rpartition(":")[2] not in {arn.rpartition(":")[2], arn.rpartition("/")[2], *leading}:
        return not_yet("The topic `fire` is no longer under the key described `bell`.")
    alarm = f"arn:aws:cloudwatch:{lab.region}:{account}:alarm:fire"
    source = {"aws:SourceArn": alarm, "aws:SourceAccount": account, **in_context({"aws:sns:topicArn": topic})}
    said = _let_in_alone(Reach(lab), arn, ALARMS, TO_SEAL, source, (Right(DATA_KEYS, (arn,)),), "more than it needs")
    if said:
        return not_yet(said)
    if wrong := unusable(lab, arn):
        return not_yet(f"The key policy is as it should be. But: {wrong}")
    watch = lab.observer.client("cloudwatch")
    alarms = watch.describe_alarms(AlarmNames=["fire"])["MetricAlarms"]
    if not any(each["ActionsEnabled"] and topic in each["AlarmActions"] for each in alarms):
        return not_yet("The key policy is as it should be. But the alarm `fire` no longer tells the topic.")
    acts = watch.describe_alarm_history(AlarmName="fire", HistoryItemType="Action")["AlarmHistoryItems"]
    succeeded = any(each["HistorySummary"] == f"Successfully executed action {topic}" for each in acts)
    if not succeeded or not _sealed_by(lab, arn, ALARMS):  # with this key, and not while the topic had another or none
        return not_yet(
            "The key policy is as it should be. The history of the alarm has no action that succeeded so far."
        )
    return solved("The bell rings. Its key knows CloudWatch, and nobody but your account beside it.")


def frankfurt_too(lab: LabView, answer: Any) -> Outcome:
    """Check that a rule in Frankfurt sends two calls to `watch`, whose key lets EventBridge in; a message came."""
    arn = str(the_key(lab, "watch", FRANKFURT)["Arn"])
    queue = f"arn:aws:sqs:{FRANKFURT}:{arn.split(':')[4]}:watch"
    rules = _rules_to(lab, queue)
    aimed = any(queue in str(event["requestParameters"]) for event in calls(lab, "PutTargets"))
    if not aimed and _is_as_made(lab, arn, FRANKFURT):
        return not_attempted("There is no rule in Frankfurt, and the key policy of `watch` lets no service in.")
    if not rules:
        return not_yet("There is no rule in Frankfurt, switched on, that has the queue `watch` as its target.")
    samples = [each for each in lab.events() if each["awsRegion"] == FRANKFURT and each["eventName"] == "DisableKey"]
    for name in WATCHED:
        if not any(sends(pattern, samples[0], name) for pattern in rules):
            return not_yet(f"The queue would get no message when somebody calls {name}.")
    for name in ("EnableKey", *service_model().operation_names):
        if name not in WATCHED and any(sends(pattern, samples[0], name) for pattern in rules):
            return not_yet(f"The queue would get a message for other calls too, such as {name}.")
    if not all(any(sends(pattern, samples[0], name) for name in WATCHED) for pattern in rules):
        return not_yet("One more rule has the queue as its target, and is about something else.")
    if said := _queue_changed(lab, arn):
        return not_yet(said)
    pairs = in_context({"aws:sqs:arn": queue})
    said = _let_in_alone(Reach(lab), arn, RULES, TO_SEAL, pairs, (Right(DATA_KEYS, (arn,)),), "more than it needs")
    if said:
        return not_yet(said)
    if wrong := unusable(lab, arn):
        return not_yet(f"The rule and the key policy are as they should be. But: {wrong}")
    if not _sealed_by(lab, arn, RULES):
        return not_yet("The rule and the key policy are as they should be. No message has come to the queue so far.")
    return solved("Frankfurt tells you now, too. Each Region that you use needs the same.")


def _let_in_alone(
    reach: Reach,
    arn: str,
    name: str,
    needed: Iterable[str],
    situation: Situation,
    within: tuple[Right, ...],
    too_much: str,
) -> str:
    """Say what is wrong with a key that is to let one service in and keep its account; "" if nothing is."""
    key = reach.key(arn)
    service = next((each for each in reach.callers(key) if each.name == name), None)
    words = {LOGS: "CloudWatch Logs", ALARMS: "CloudWatch", RULES: "EventBridge"}[name]
    if not _keeps_its_account(reach, key):
        return f"The policy of {key.words} has lost your own account's statement, or part of it."
    if service is None or not any(reach.may(service, action, key, situation) for action in needed):
        return f"The policy of {key.words} does not let {words} use it for this."
    lacking = [action for action in needed if not _for_long(reach, service, action, key, situation)]
    if lacking:
        return f"The policy of {key.words} lets {words} in, but not with all that it takes: {lacking[0]} is missing."
    if (more := reach.exceeds_on(key, service, *within)) is not None:
        return f"The policy of {key.words} gives {words} {too_much}: {more.told}."
    others = [without_policies(each) for each in reach.callers(key) if each.name != name and not each.is_administrator]
    if (other := reach.let_in(key, others)) is not None:
        return f"The policy of {key.words}, or a grant, lets others in as well: {other}."
    return ""


def _for_long(reach: Reach, caller: Caller, action: str, key: Thing, situation: Situation) -> bool:
    """Whether the caller may do it, now and in many years."""
    return all(reach.may(caller, action, key, {**situation, **time}) for time in ({}, LATER))


def _sealed_by(lab: LabView, arn: str, service: str) -> bool:
    """Whether the service has made a data key with the key, as itself."""
    sealed = [event for event in calls(lab, "GenerateDataKey") if key_arn(event) == arn]
    return any(event["userIdentity"].get("invokedBy") == service for event in sealed)


def _queue_changed(lab: LabView, arn: str) -> str:
    """Say what has become of the queue `watch` that was right; "" if nothing has."""
    sqs = lab.observer.client("sqs", FRANKFURT)
    urls = sqs.list_queues(QueueNamePrefix="watch").get("QueueUrls", [])
    url = next((each for each in urls if each.endswith("/watch")), None)
    if url is None:
        return "The queue `watch` is gone."
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    if found.get("KmsMasterKeyId", "") not in (arn, arn.rpartition("/")[2]):
        return "The queue `watch` is no longer under the key described `watch`."
    if RULES not in found.get("Policy", ""):
        return "The policy of the queue `watch` has changed, and was right."
    return ""


def _keeps_its_account(reach: Reach, key: Thing) -> bool:
    """Whether the account's own IAM policies decide about every operation."""
    plain = replace(key, grants=())
    account: list[Caller] = [each for each in reach.callers(key) if each.account == key.account]
    asked = [action for action in on_keys() if action != "kms:RetireGrant"]
    return all(reach.may(with_every_policy(each), action, plain) for each in account for action in asked)


def _is_as_made(lab: LabView, arn: str, region: str = "") -> bool:
    """Whether the key has its first policy and no grants; of another Region, whether nobody has changed them."""
    if not region:
        return has_first_policy(lab, arn) and not grants_on(lab, arn)
    return not any(key_arn(event) == arn for event in calls(lab, "PutKeyPolicy", "CreateGrant"))


def _rules_to(lab: LabView, queue: str) -> list[str]:
    """The patterns of the rules in Frankfurt that are on and have the queue as a target."""
    events, found = lab.observer.client("events", FRANKFURT), []
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if rule["State"] != "DISABLED" and any(each["Arn"] == queue for each in targets):
            found.append(str(rule.get("EventPattern", "")))
    return found
