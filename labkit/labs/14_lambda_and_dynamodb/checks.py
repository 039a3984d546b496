"""Checks of notebooks/14-lambda-and-dynamodb.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, keys
from labkit.exercises.engine import LabView, Outcome, Passed, not_attempted, not_yet, solved
from labkit.exercises.permissions import may

SEALING = ("kms:CreateGrant", "kms:Encrypt")
FUNCTION = "aws:lambda:FunctionArn"


def developers_share(lab: LabView, answer: Any) -> Outcome:
    """Developer may CreateGrant and Encrypt with the payments' key through Lambda alone, and has made refund."""
    key = _payments(lab)
    grants = [each for each in _grants(lab, key) if each.endswith(":role/Developer")]
    about = {FUNCTION: f"arn:aws:lambda:{lab.region}:{key.split(':')[4]}:function:refund"}
    direct = [action for action in (*SEALING, "kms:Decrypt") if _may(lab, "Developer", action, key, context=about)]
    through = [action for action in SEALING if _may(lab, "Developer", action, key, "lambda", about)]
    made = _function(lab, "refund")
    if not (grants or direct or through or made):
        return not_attempted("The role Developer has got nothing on the key so far.")
    if grants or direct:
        return not_yet("What the Developer has got on the key works without Lambda as well.")
    if _may(lab, "Developer", "kms:Decrypt", key, "lambda", about):
        return not_yet("With what the Developer has got on the key, it can read variables through Lambda.")
    missing = [action for action in SEALING if action not in through]
    if missing:
        return not_yet(f"Through Lambda, the Developer still may not use {missing[0]} with the key.")
    if made is None:
        return not_yet("The permissions are as they should be. There is no function refund yet.")
    if made.get("KMSKeyArn") != key:
        return not_yet("There is a function refund, but its variables are not under the key of the payments.")
    makers = [_role(event) for event in calls(lab, "CreateFunction20150331") if _names(event, "refund")]
    if "Developer" not in makers:
        return not_yet("There is a function refund, but it was made by somebody else, not by the Developer.")
    return solved("The developer sets what it can't read, and uses the key through Lambda alone.")


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
    if _may(lab, "PayRole", "kms:Decrypt", key, context=about) or _may(lab, "PayRole", "kms:Decrypt", key):
        return not_yet("PayRole is let in to the key by a policy. Its predecessor needed none.")
    opened = [event for event in calls(lab, "Decrypt") if _context(event) == about]
    started = [event for event in opened if _issuer(event) == role["RoleId"]]
    if started and _only_by_the_notebook(lab, started):
        raise Passed("it has set the function's variables itself, and with that Lambda made a grant for the new role.")
    if started:
        return solved("The grant names the new role, and the function starts.")
    if role["Arn"] in _grants(lab, key):
        return not_yet("There is a grant for the new PayRole. The function has not run since.")
    return not_attempted("Nothing lets the new PayRole decrypt the function's variables so far.")


def clerk_and_carts(lab: LabView, answer: Any) -> Outcome:
    """The table carts is under the payments' key; Clerk may decrypt through DynamoDB alone, and has read there."""
    key = _payments(lab)
    described = lab.observer.client("dynamodb").describe_table(TableName="carts")["Table"]
    under = described.get("SSEDescription", {}).get("KMSMasterKeyArn")
    about = {"aws:dynamodb:tableName": "carts", "aws:dynamodb:subscriberId": key.split(":")[4]}
    direct = _may(lab, "Clerk", "kms:Decrypt", key, context=about) or _role_arn(lab, "Clerk") in _grants(lab, key)
    through = _may(lab, "Clerk", "kms:Decrypt", key, "dynamodb", about)
    if under != key:
        if under is None:
            return not_yet("The table carts is under the key that AWS owns now: it needs no permission at all.")
        if under in {each["Arn"] for each in keys(lab)}:
            return not_yet("The table carts is under a key of yours, but not that of the payments.")
        if direct or through:
            return not_yet("The Clerk has got something on the key, but the table carts is still under aws/dynamodb.")
        return not_attempted("The table carts is under aws/dynamodb.")
    if direct:
        return not_yet("The table is where it should be. What the Clerk has got works without DynamoDB as well.")
    if not through:
        return not_yet("The table is where it should be. Its key still refuses the Clerk.")
    opened = [event for event in calls(lab, "Decrypt") if _context(event).get("aws:dynamodb:tableName") == "carts"]
    if "Clerk" not in [_role(event) for event in opened if _key(event) == key]:
        return not_yet("Table and permission are as they should be. The Clerk has asked for no item of carts since.")
    return solved("The table's key says who reads, and the Clerk is among them.")


def sealed_for_carl(lab: LabView, answer: Any) -> Outcome:
    """The item carl has a sealed iban; a key's use for sealing and one for opening name carl in their context."""
    wanted = {"TableName": "customers", "Key": {"id": {"S": "carl"}}}
    item = lab.observer.client("dynamodb").get_item(**wanted).get("Item")
    if item is None:
        return not_attempted("The table customers has no item carl.")
    if "iban" not in item:
        return not_yet("There is an item carl, without an `iban`.")
    if not {"M", "B"} & set(item["iban"]):
        return not_yet("Carl's `iban` is a text that everybody who reads the table can read.")
    sealed = calls(lab, "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt")
    if not [event for event in sealed if "carl" in _context(event).values()]:
        return not_yet("Carl's `iban` is sealed, but not for his item: no context of a sealing names him.")
    if not [event for event in calls(lab, "Decrypt") if "carl" in _context(event).values()]:
        return not_yet("Carl's `iban` is sealed. Nobody has opened it yet.")
    return solved("In the table there are bytes; and they open in the context of Carl's item alone.")


def _payments(lab: LabView) -> str:
    return str(next(key for key in keys(lab) if key["Description"] == "payments")["Arn"])


def _may(
    lab: LabView, role: str, action: str, key: str, service: str = "", context: dict[str, str] | None = None
) -> bool:
    """Whether the role may do that with the key: directly, or through an AWS service; in this encryption context.

    CreateGrant has none; it is asked for the grant that Lambda makes.
    """
    seen: dict[str, Any] = {f"kms:EncryptionContext:{name}": value for name, value in (context or {}).items()}
    seen |= {"kms:EncryptionContextKeys": list(context)} if context else {}
    if action == "kms:CreateGrant":
        seen = {
            "kms:GrantConstraintType": "EncryptionContextEquals",
            "kms:GranteePrincipal": _role_arn(lab, "PayRole"),
            "kms:GrantIsForAWSResource": "true" if service else "false",
            "kms:GrantOperations": ["Decrypt", "RetireGrant"],
        }
    seen |= {"kms:ViaService": f"{service}.{lab.region}.amazonaws.com"} if service else {}
    return may(lab, role, action, key, seen)


def _grants(lab: LabView, key: str) -> list[str]:
    """Whom the key's grants name."""
    return [grant["GranteePrincipal"] for grant in lab.observer.client("kms").list_grants(KeyId=key)["Grants"]]


def _role_arn(lab: LabView, name: str) -> str:
    return str(lab.observer.client("iam").get_role(RoleName=name)["Role"]["Arn"])


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


def _context(event: dict[str, Any]) -> dict[str, str]:
    context: dict[str, str] = (event["requestParameters"] or {}).get("encryptionContext", {})
    return context
