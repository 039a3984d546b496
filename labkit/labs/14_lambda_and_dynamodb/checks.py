"""Checks of notebooks/14-lambda-and-dynamodb.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, context_of, keys, the_key, unusable
from labkit.exercises.engine import LabView, MovedOn, Outcome, not_attempted, not_yet, solved
from labkit.exercises.reach import Access, Caller, Reach, Right
from labkit.exercises.reach.rights import Situation
from labkit.exercises.reach.situations import in_context, through

SEALING = ("kms:CreateGrant", "kms:Encrypt")
FUNCTION = "aws:lambda:FunctionArn"


def developers_share(lab: LabView, answer: Any) -> Outcome:
    """Developer may CreateGrant and Encrypt with the payments' key through Lambda alone, and has made refund."""
    key, reach = _payments(lab), Reach(lab)
    developer, thing = reach.caller("Developer"), reach.key(key)
    grants = [each for each in _grants(lab, key) if each.endswith(":role/Developer")]
    about = {FUNCTION: f"arn:aws:lambda:{lab.region}:{key.split(':')[4]}:function:refund"}
    ask = {action: _asked(lab, action, about) for action in (*SEALING, "kms:Decrypt")}
    by_lambda = through("lambda", lab.region)
    direct = [action for action in ask if reach.may(developer, action, thing, ask[action])]
    lambdas = [action for action in ask if reach.may(developer, action, thing, {**ask[action], **by_lambda, **_AWS})]
    share = Right(SEALING, (key,), {"kms:ViaService": (f"lambda.{lab.region}.amazonaws.com",)})
    beyond = reach.exceeds(developer, share, Right(("lambda:*", "iam:PassRole")))
    made = _function(lab, "refund")
    if not (grants or direct or lambdas or made or beyond):
        return not_attempted("The role Developer has got nothing on the key so far.")
    if grants or direct:
        return not_yet("What the Developer has got on the key works without Lambda as well.")
    if "kms:Decrypt" in lambdas:
        return not_yet("With what the Developer has got on the key, it can read variables through Lambda.")
    if beyond is not None:
        return not_yet(f"The Developer has got more than it lacked: {beyond.told}.")
    missing = [action for action in SEALING if action not in lambdas]
    if missing:
        return not_yet(f"Through Lambda, the Developer still may not use {missing[0]} with the key.")
    if wrong := unusable(lab, key):
        return not_yet(f"The permissions are as they should be. But: {wrong}")
    if made is None:
        return not_yet("The permissions are as they should be. There is no function refund yet.")
    if made.get("KMSKeyArn") != key:
        return not_yet("There is a function refund, but its variables are not under the key of the payments.")
    makers = [_role(event) for event in calls(lab, "CreateFunction20150331") if _names(event, "refund")]
    if "Developer" not in makers[-1:]:
        return not_yet("There is a function refund, but it was made by somebody else, not by the Developer.")
    return solved("The developer sets what it can't read, and uses the key through Lambda alone.")


_AWS = {"kms:GrantIsForAWSResource": "true"}


def starts_again(lab: LabView, answer: Any) -> Outcome:
    """pay is under the payments' key; the present PayRole has decrypted its variables, and no policy lets it."""
    key, role = _payments(lab), lab.observer.client("iam").get_role(RoleName="PayRole")["Role"]
    pay = _function(lab, "pay")
    if pay is None:
        return not_yet("There is no function pay any more.")
    if pay.get("KMSKeyArn") != key:
        return not_yet("The function's variables are under another key now.")
    if pay["Role"] != role["Arn"]:
        return not_yet("The function has another role than PayRole now.")
    about = {FUNCTION: pay["FunctionArn"]}
    token = Right(("kms:Decrypt",), (key,), {"kms:EncryptionContext:LambdaFunctionName": ("pay",)})  # of a later cell
    if (access := next(_by_policies(Reach(lab), "PayRole", token, Right(("logs:*",))), None)) is not None:
        return not_yet(f"PayRole is let in by a policy ({access.told}). Its predecessor needed none.")
    if wrong := unusable(lab, key):
        return not_yet(f"Without its key, the function does not start. {wrong}")
    opened = [event for event in calls(lab, "Decrypt") if context_of(event) == about]
    started = [event for event in opened if _issuer(event) == role["RoleId"]]
    if started and _only_by_the_notebook(lab, started):
        raise MovedOn("it has set the function's variables itself, and with that Lambda made a grant for the new role.")
    if started:
        return solved("The grant names the new role, and the function starts.")
    if role["Arn"] in _grants(lab, key):
        return not_yet("There is a grant for the new PayRole. The function has not run since.")
    return not_attempted("Nothing lets the new PayRole decrypt the function's variables so far.")


def clerk_and_carts(lab: LabView, answer: Any) -> Outcome:
    """Check that carts is under the payments' key; Clerk decrypts through DynamoDB alone, and has read there."""
    key = _payments(lab)
    described = lab.observer.client("dynamodb").describe_table(TableName="carts")["Table"]
    under = described.get("SSEDescription", {}).get("KMSMasterKeyArn")
    reach = Reach(lab)
    clerk, thing = reach.caller("Clerk"), reach.key(key)
    about = in_context({"aws:dynamodb:tableName": "carts", "aws:dynamodb:subscriberId": key.split(":")[4]})
    direct = reach.may(clerk, "kms:Decrypt", thing, about) or clerk.principal.arn in _grants(lab, key)
    lets = reach.may(clerk, "kms:Decrypt", thing, {**about, **through("dynamodb", lab.region)})
    only = Right(("kms:Decrypt",), (key,), {"kms:ViaService": (f"dynamodb.{lab.region}.amazonaws.com",)})
    if under != key:
        if under is None:
            return not_yet("The table carts is under the key that AWS owns now: it needs no permission at all.")
        if under in {each["Arn"] for each in keys(lab)}:
            return not_yet("The table carts is under a key of yours, but not that of the payments.")
        if direct or lets:
            return not_yet("The Clerk has got something on the key, but the table carts is still under aws/dynamodb.")
        return not_attempted("The table carts is under aws/dynamodb.")
    if direct:
        return not_yet("The table is where it should be. What the Clerk has got works without DynamoDB as well.")
    if not lets:
        return not_yet("The table is where it should be. Its key still refuses the Clerk.")
    if (beyond := reach.exceeds(clerk, only, Right(("dynamodb:*",)))) is not None:
        return not_yet(f"The table is where it should be. The Clerk has got more than that: {beyond.told}.")
    if wrong := unusable(lab, key):
        return not_yet(f"Table and permission are as they should be. But: {wrong}")
    opened = [event for event in calls(lab, "Decrypt") if context_of(event).get("aws:dynamodb:tableName") == "carts"]
    if "Clerk" not in [_role(event) for event in opened if _key(event) == key]:
        return not_yet("Table and permission are as they should be. The Clerk has asked for no item of carts since.")
    return solved("The table's key says who reads, and the Clerk is among them.")


def sealed_for_carl(lab: LabView, answer: Any) -> Outcome:
    """Check that the item carl has a sealed iban; sealing and opening have named carl in their context."""
    item, *others = (_customer(lab, name) for name in ("carl", "anna", "mallory"))
    if item is None:
        return not_attempted("The table customers has no item carl.")
    if "iban" not in item:
        return not_yet("There is an item carl, without an `iban`.")
    if not {"M", "B"} & set(item["iban"]):
        return not_yet("Carl's `iban` is a text that everybody who reads the table can read.")
    if readable := next(_readable(item["iban"]), None):
        return not_yet(f"In Carl's `iban` there is something that everybody can read: {readable[:20]!r}.")
    if any(each and each.get("iban") == item["iban"] for each in others):
        return not_yet("Carl's `iban` is the sealed one of another customer: it opens in that customer's context.")
    sealed = calls(lab, "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt")
    if not [event for event in sealed if "carl" in context_of(event).values()]:
        return not_yet("Carl's `iban` is sealed, but not for his item: no context of a sealing names him.")
    if wrong := unusable(lab, _payments(lab)):
        return not_yet(f"Carl's `iban` is sealed, and opens for nobody now: {wrong}")
    if not [event for event in calls(lab, "Decrypt") if "carl" in context_of(event).values()]:
        return not_yet("Carl's `iban` is sealed. Nobody has opened it yet.")
    return solved("In the table there are bytes; and they open in the context of Carl's item alone.")


def _customer(lab: LabView, name: str) -> dict[str, Any] | None:
    """The item of a customer; None if there is none."""
    wanted = {"TableName": "customers", "Key": {"id": {"S": name}}}
    item: dict[str, Any] | None = lab.observer.client("dynamodb").get_item(**wanted).get("Item")
    return item


def _readable(value: dict[str, Any]) -> Iterator[str]:
    """What stands in an attribute's value for everybody: texts and numbers with more digits than an IBAN's groups."""
    for kind, content in value.items():
        if kind == "M":
            for each in content.values():
                yield from _readable(each)
        elif kind == "L":
            for each in content:
                yield from _readable(each)
        elif kind == "B" and bytes(content).isascii() and bytes(content).decode().isprintable():
            yield bytes(content).decode()
        elif kind in ("S", "N") and sum(letter.isdigit() for letter in str(content)) > 8:
            yield str(content)


def _payments(lab: LabView) -> str:
    return str(the_key(lab, "payments")["Arn"])


def _asked(lab: LabView, action: str, context: dict[str, str]) -> Situation:
    """The condition keys of a request: its encryption context; CreateGrant has none, but tells of Lambda's grant."""
    if action != "kms:CreateGrant":
        return in_context(context)
    return {
        "kms:GrantConstraintType": "EncryptionContextEquals",
        "kms:GranteePrincipal": str(lab.observer.client("iam").get_role(RoleName="PayRole")["Role"]["Arn"]),
        "kms:GrantIsForAWSResource": "false",
        "kms:GrantOperations": ["Decrypt", "RetireGrant"],
    }


def _by_policies(reach: Reach, role: str, *rights: Right) -> Iterator[Access]:
    """What a role may do by policies alone, grants left out, beyond these rights."""
    caller: Caller = reach.caller(role)
    for thing in reach.things:
        for access in reach.accesses(caller, replace(thing, grants=()), rights):
            if access.in_force and not any(right.covers(access) for right in rights):
                yield access


def _grants(lab: LabView, key: str) -> list[str]:
    """Whom the key's grants name."""
    return [grant.get("GranteePrincipal", "") for grant in lab.observer.client("kms").list_grants(KeyId=key)["Grants"]]


def _function(lab: LabView, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = lab.observer.client("lambda").get_function_configuration(FunctionName=name)
    except ClientError:
        return None
    return found


def _names(event: dict[str, Any], function: str) -> bool:
    return str((event["requestParameters"] or {}).get("functionName", "")).endswith(function)


def _role(event: dict[str, Any]) -> str:
    """The role's name of who called, or for whom a service did."""
    return str(event["userIdentity"].get("arn", "/").split("/")[1])


def _only_by_the_notebook(lab: LabView, started: list[dict[str, Any]]) -> bool:
    """Whether these starts came with the notebook's own next step: new variables, then new code, both for `pay`."""
    every = lab.events()
    about = [event for event in every if _names(event, "pay")]
    new_code = [event for event in about if event["eventName"].startswith("UpdateFunctionCode")]
    if not new_code:
        return False
    step = every.index(new_code[0])
    set_since = [event for event in every[step:] if event["eventName"].startswith("UpdateFunctionConfiguration")]
    return every.index(started[0]) > step and not set_since


def _issuer(event: dict[str, Any]) -> str:
    """The role's unique id."""
    return str(event["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("principalId", ""))


def _key(event: dict[str, Any]) -> str:
    return str(event["resources"][0]["ARN"])
