"""Checks of notebooks/19-investigate-an-incident.ipynb: what the sample's files say, and what the drill's account is.

Nothing here is an answer: each is found in the files, from the one address that the story gives to the stranger.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.exercises.account import calls, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.reach import Caller, Reach, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.exercises.reach.things import federated_in

from . import answers
from .evidence import evidence
from .sessions import is_of, later, may_still, refused_to, role_id, session

KMS = "kms.amazonaws.com"
LATER = "2026-12-31T00:00:00Z"  # a session that begins when all this is over
ASSUME = "sts:AssumeRole"


def may_go(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the deletion date of the key that the company itself has scheduled for deletion."""
    if answer is None:
        return unanswered()
    seen = evidence()
    theirs, ours = seen.deletion_by_stranger(), seen.deletion_by_others()
    given = answers.moment(answer)
    if given is None:
        return answers.no_time(answer)
    if given == theirs.until:
        return not_yet("That is the key of the disks. Look who scheduled it, from which address, at what hour.")
    if given == ours.time:
        return not_yet("That is when the deletion was asked for. The record's answer has the date of the deletion.")
    return answers.at_time(
        given, ours.until, "A colleague's own work: in office hours, with a name, and 30 days to think again."
    )


def outsider(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the account of the foreign callers that no account of ours has a record of."""
    if answer is None:
        return unanswered()
    seen = evidence()
    return answers.outsider(seen, answer) or solved(
        "Nobody's in the company: the other half of these records is elsewhere."
    )


def first_sign(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the time of the first call from the stranger's address."""
    if answer is None:
        return unanswered()
    seen = evidence()
    return answers.first_sign(seen, answer) or solved("Nothing was refused yet: who am I, and whose key is this?")


def way_in(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the access key with which the stranger made the first calls."""
    if answer is None:
        return unanswered()
    seen = evidence()
    return answers.way_in(seen, answer) or solved(
        "Years old, made for a program, and good from every address in the world."
    )


def files_read(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of customers' files that were opened by those who had no business there."""
    if answer is None:
        return unanswered()
    return answers.files_read(evidence(), answer) or solved(
        "Different files, not calls, and without what the shop's own servers opened for the shop."
    )


def time_left(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the time between the cancelling and the deletion that was scheduled."""
    if answer is None:
        return unanswered()
    given = answers.span(answer)
    if given is None:
        return not_yet(f"The answer should be a span of time, a Timedelta; this is {type(answer).__name__}.")
    planned = evidence().deletion_by_stranger()
    assert planned.cancelled is not None
    right = planned.until - planned.cancelled
    if given == right:
        return solved("Days, not hours. The waiting period is there for mornings like that one.")
    if given == planned.until - planned.time:
        return not_yet("That is the whole waiting period. How much was left when it was called off?")
    if given == planned.cancelled - planned.time:
        return not_yet("That is how much had gone by already.")
    if abs(given - right) == answers.OFFICE:
        return not_yet("An hour off: one of your two times is by the shop's clock, the other is UTC.")
    return not_yet("Not so. The end is in the answer to ScheduleKeyDeletion, the other time is CancelKeyDeletion's.")


def still_open(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer has the names of the stranger's changes that nobody has undone."""
    if answer is None:
        return unanswered()
    return answers.still_open(evidence(), answer) or solved("Six days later, these four are as the stranger left them.")


def untouched(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer has the names of the keys that nobody touched, as the logs would show."""
    if answer is None:
        return unanswered()
    seen = evidence()
    given = answers.names(answer, seen.by_arn)
    every, touched, unseen = seen.names, seen.touched(), seen.unseen()
    if given is None or given - every:
        return not_yet(f"The answer should be a set of names from Ann's list: {', '.join(sorted(every))}.")
    if wrong := given & touched:
        return not_yet(f"Not untouched: {answers.touched(wrong & seen.used(), wrong - seen.used())}")
    if wrong := given & unseen:
        return not_yet(
            f"{answers.listed(wrong)}: the trail of that Region leaves KMS out since then, so you can't know."
        )
    if missing := every - touched - unseen - given:
        return not_yet(
            f"{len(missing)} more: no call of these two that succeeded names it, and its trail was never quiet."
        )
    return solved("Three of eight, and one of which nobody can say it yet.")


def shut_out(lab: LabView, answer: Any) -> Outcome:
    """Check that the access key is off and the stolen session dead, and a later session may do what the role may."""
    iam = lab.observer.client("iam")
    begun = [event for event in calls(lab, "AssumeRole") if event["requestParameters"]["roleSessionName"] == "session1"]
    since, used = begun[-1]["eventTime"], begun[-1]["userIdentity"]["accessKeyId"]
    is_on = used in _active_keys(iam, "backup-agent")
    if "SupportTools" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        return not_yet("The role is gone, and support's work with it. Leave the role, and end its old sessions.")
    reach = Reach(lab)
    key, role = reach.key(_key(lab, "customers")), reach.role("SupportTools")
    stolen = session(reach.caller("SupportTools"), begun[-1])
    left_in = may_still(reach, stolen, key) if is_of(role_id(lab, "SupportTools"), stolen) else ""
    if is_on and left_in == "kms:Decrypt":
        return not_attempted("The access key is active, and the stranger's session can use the keys.")
    if left_in == "kms:Decrypt":
        return not_yet(f"The session from {since[11:19]} UTC can still use the keys.")
    if left_in:
        return not_yet(f"The session from {since[11:19]} UTC is not out: it may still call {left_in}, for one.")
    if is_on:
        return not_yet("The session is out. With the access key, which is active, the stranger can begin a new one.")
    for time in (lab.events()[-1]["eventTime"], LATER):
        if refused := refused_to(reach, later(stolen, time), key):
            said = "The stranger's session is out, and so is each later one: support can't work any more"
            return not_yet(f"{said}. A session that begins now may not call {refused}, for one.")
    everybody = reach.callers(role)
    if not any(reach.may(with_every_policy(each), ASSUME, role) for each in everybody if each.is_own):
        return not_yet("The stranger is out, and support too: the role's trust policy lets nobody begin a session.")
    if federated := federated_in(role):
        return not_yet(f"The session is out. But the role's trust policy lets in those who sign in by {federated}.")
    if (other := reach.let_in(role, (each for each in everybody if each.account != role.account))) is not None:
        return not_yet(f"The session is out. But the role's trust policy lets in {other.caller.words}.")
    return solved("What was handed out before is worth nothing now. Who may assume the role can begin anew.")


def take_back(lab: LabView, answer: Any) -> Outcome:
    """Check that neither a grant nor the key policy lets an outsider in; the account's own people still come in."""
    reach = Reach(lab)
    key = reach.key(_key(lab, "customers"))
    made = [event["requestParameters"]["granteePrincipal"] for event in calls(lab, "CreateGrant")]
    copier, by_policy = reach.outsider(made[0]), replace(key, grants=())
    outside = [without_policies(each) for each in (copier, *reach.callers(key)) if not _is_ours(each)]
    policy_lets, lets = reach.let_in(by_policy, outside), reach.let_in(key, outside)
    grants = [each for each in key.grants if not reach.is_own(each.grantee)]
    if grants and policy_lets:
        if reach.may(copier, "kms:Decrypt", by_policy):
            return not_attempted("The grant and the statement in the key policy are both there.")
        return not_yet(f"The key policy still lets the other account in: {policy_lets}. The grant is there, too.")
    if grants and lets:
        return not_yet("The policy lets the outsider in no more, and the outsider still decrypts: by the grant.")
    if grants:
        return not_yet(
            "A Deny in the key policy keeps the outsider out. The grant is still there, behind it: revoke it."
        )
    if policy_lets:
        return not_yet(f"The grant is gone. The key policy still lets the other account in: {policy_lets}.")
    own = [with_every_policy(each) for each in reach.callers(key) if each.account == key.account]
    asked = [action for action in on_keys() if action != "kms:RetireGrant"]
    lost = [action for action in asked if not all(reach.may(each, action, key) for each in own)]
    if "kms:Decrypt" in lost:
        return not_yet("The outsider is out, and so is everybody in your own account.")
    if lost:
        return not_yet(
            f"The outsider is out. Your own account's IAM policies count for less than before: not for {lost[0]}."
        )
    return solved("Both doors are shut: the one in the policy, and the one beside it.")


def lights_on(lab: LabView, answer: Any) -> Outcome:
    """Check that the disks' key is enabled, the trail takes KMS, new volumes are encrypted."""
    state = lab.observer.client("kms").describe_key(KeyId=_key(lab, "disks"))["KeyMetadata"]["KeyState"]
    watch = lab.observer.client("cloudtrail", "eu-central-1")
    if "company-trail-2" not in {trail["Name"] for trail in watch.describe_trails()["trailList"]}:
        return not_yet("The trail is gone. A new one under the same name, started, would do.")
    is_dark = not _takes_kms(watch.get_event_selectors(TrailName="company-trail-2"))
    is_bare = not lab.observer.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    if state == "PendingDeletion" and is_dark and is_bare:
        return not_attempted("The key is pending deletion, the trail leaves KMS out, new volumes are not encrypted.")
    if state != "Enabled":
        return not_yet(f"The key of the disks is {state}: no volume can be attached with it.")
    if is_dark:
        return not_yet("The trail in eu-central-1 still leaves out calls of KMS, or some of them.")
    if not watch.get_trail_status(Name="company-trail-2")["IsLogging"]:
        return not_yet("The trail would record the calls of KMS, but it is not logging.")
    if is_bare:
        return not_yet("New volumes are still not encrypted by default.")
    return solved("The key works, the trail writes down what KMS is asked, and new volumes are encrypted.")


def report(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer has seven facts, each as the files say."""
    if answer is None:
        return unanswered()
    if not isinstance(answer, dict):
        return not_yet(f"The report should be a dict; this is {type(answer).__name__}.")
    seen = evidence()
    tests = {
        "first_call": answers.first_sign,
        "access_key": answers.way_in,
        "role": answers.role,
        "customer_files": answers.files_read,
        "orders": answers.orders,
        "outsider": answers.outsider,
        "still_open": answers.still_open,
    }
    if missing := [name for name in tests if answer.get(name) is None]:
        return not_yet(f"Still to be filled in: {', '.join(missing)}.")
    for name, test in tests.items():
        if (wrong := test(seen, answer[name])) is not None:
            return not_yet(f"{name}: {wrong.message}")
    return solved("Every line of it can be found again in the files, by anybody.")


def _key(lab: LabView, description: str) -> str:
    """The ARN of the drill's key with this description."""
    return str(next(key["Arn"] for key in keys(lab) if key["Description"] == description))


def _is_ours(caller: Caller) -> bool:
    """Whether the caller is of the account, and somebody: its IAM policies, and its own key policy, are its affair."""
    return caller.is_own or caller.is_administrator


def _active_keys(iam: Any, user: str) -> set[str]:
    """The active access keys of a user; none if the user is gone."""
    if user not in {each["UserName"] for each in iam.list_users()["Users"]}:
        return set()
    return {each["AccessKeyId"] for each in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
            if each["Status"] == "Active"}  # fmt: skip


def _takes_kms(chosen: dict[str, Any]) -> bool:
    """Whether the trail's selectors, of either kind, take all management events of KMS, reading and writing ones."""
    basic = any(
        each.get("IncludeManagementEvents")
        and each.get("ReadWriteType", "All") == "All"
        and KMS not in each.get("ExcludeManagementEventSources", [])
        for each in chosen.get("EventSelectors", [])
    )
    return basic or any(_advanced(each["FieldSelectors"]) for each in chosen.get("AdvancedEventSelectors", []))


def _advanced(fields: list[dict[str, Any]]) -> bool:
    named = {field["Field"]: field for field in fields}
    source = named.get("eventSource", {})
    is_management = named.get("eventCategory", {}).get("Equals") == ["Management"]
    is_all = named.keys() <= {"eventCategory", "eventSource"}
    return is_management and is_all and KMS not in source.get("NotEquals", []) and KMS in source.get("Equals", [KMS])
