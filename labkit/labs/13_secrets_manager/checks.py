"""Checks of notebooks/13-secrets-manager.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from itertools import chain
from typing import Any

from labkit.cloud.policy.reference.services import services
from labkit.exercises.account import calls, context_of, is_by, the_key, unusable
from labkit.exercises.engine import CannotJudge, Gone, LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import decided, grants_on, may
from labkit.exercises.reach import Reach
from labkit.exercises.reach.situations import in_context

DESKS = ("desk/1", "desk/2", "desk/3")
TOKEN = "/shop/mail-token"
TO_MORE = ("kms:CreateGrant", "kms:PutKeyPolicy")  # with these, a role gives itself whatever it likes


def one_secret_of_two(lab: LabView, answer: Any) -> Outcome:
    """Accountant may decrypt with the shop's key for shop/db and not for shop/mail, and has read the former."""
    policies = lab.observer.client("iam").list_role_policies(RoleName="Accountant")["PolicyNames"]
    opens = {name: _opens(lab, "Accountant", name) for name in ("shop/db", "shop/mail")}
    if len(policies) == 1 and not any(opens.values()):
        return not_attempted("The role Accountant has got nothing on the key so far.")
    if opens["shop/mail"] or _opens(lab, "Accountant", "shop/mail", through=False):
        return not_yet("With what the Accountant may do on the key, it can read shop/mail as well.")
    if way := _way_to(lab, "Accountant", "shop/mail"):
        return not_yet(f"With what the Accountant may do, it can still get at shop/mail: {way}.")
    if not _reads_as_before(lab, "Accountant"):
        return not_yet("What the Accountant has in Secrets Manager is not what it was. The key alone was to be opened.")
    if not opens["shop/db"]:
        return not_yet("There is a policy, but for the Accountant the key still does not open shop/db.")
    arn = _secret(lab, "shop/db")["ARN"]
    if wrong := unusable(lab, the_key(lab, "shop")["Arn"]):
        return not_yet(f"The permission is as it should be. But: {wrong}")
    if not [event for event in _opened(lab, "Accountant") if context_of(event).get("SecretARN") == arn]:
        return not_yet("The permission is as it should be. The Accountant has not read shop/db yet.")
    return solved("Two secrets, one key, and the Accountant reads one of them.")


def into_the_vault(lab: LabView, answer: Any) -> Outcome:
    """Check that the secret shop/mail, and its current version, are under the key of the vault."""
    secret = _secret(lab, "shop/mail")
    under = _description(lab, secret.get("KmsKeyId"))
    if under == "shop":
        if len(secret["VersionIdsToStages"]) > 1:
            return not_yet("The secret has a new version, and that is still under the key of the shop.")
        return not_attempted("shop/mail is under the key of the shop.")
    if under != "vault":
        return not_yet("shop/mail has left the key of the shop. The key that it is under now is not the vault's.")
    made = next(event for event in calls(lab, "CreateSecret") if event["requestParameters"]["name"] == "shop/mail")
    answered = {name.lower(): value for name, value in made["responseElements"].items()}
    if secret["ARN"] != answered["arn"]:
        return not_yet("shop/mail was made anew: its ARN is another, and programs that know the old one miss it.")
    current = [version for version, stages in secret["VersionIdsToStages"].items() if "AWSCURRENT" in stages]
    if current != [answered["versionid"]]:
        raise CannotJudge(
            "whether the value of shop/mail is the old one, because a newer version is current. "
            "`update_secret_version_stage` can make the first version current again"
        )
    if wrong := unusable(lab, the_key(lab, "vault")["Arn"]):
        return not_yet(f"shop/mail is under the vault's key, and opens for nobody now: {wrong}")
    return solved("Same name, same value, another key.")


def by_hand(lab: LabView, answer: Any) -> Outcome:
    """Check for a SecureString under the shop's key, decrypted by a direct call of KMS."""
    pages = lab.observer.client("ssm").get_paginator("describe_parameters").paginate()
    found = next((each for page in pages for each in page["Parameters"] if each["Name"] == TOKEN), None)
    if found is None:
        return not_attempted(f"There is no parameter {TOKEN}.")
    if found["Type"] != "SecureString":
        return not_yet(f"The parameter is a {found['Type']}: everybody who may get it reads it.")
    if _description(lab, found.get("KeyId")) != "shop":
        return not_yet("The parameter is a SecureString, under another key than the shop's.")
    if wrong := unusable(lab, the_key(lab, "shop")["Arn"]):
        return not_yet(f"The parameter is as it should be, and opens for nobody now: {wrong}")
    opened = [each for each in calls(lab, "Decrypt") if context_of(each).get("PARAMETER_ARN", "").endswith(TOKEN)]
    if not [event for event in opened if "invokedBy" not in event["userIdentity"]]:
        return not_yet("The parameter is as it should be. Nobody has opened it by hand, in a call of KMS.")
    return solved("Parameter Store keeps a ciphertext of KMS. Beside the key, the context is all that opens it.")


def who_read_what(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the name of the secret that Night has read."""
    if answer is None:
        return unanswered()
    text = answer.strip().casefold().rpartition(":")[2]  # of an ARN, the name, a hyphen and six characters
    desk = next((each for each in DESKS if text == each or text.startswith(f"{each}-")), None)
    if desk is None:
        return not_yet(f"{str(answer)!r} is none of the three names.")
    arn = _secret(lab, desk)["ARN"]
    if not [event for event in _opened(lab, "Night") if context_of(event).get("SecretARN") == arn]:
        return not_yet(f"{desk} was not read, or not by Night.")
    return solved("The context of a Decrypt tells which secret it was for.")


def _secret(lab: LabView, name: str) -> dict[str, Any]:
    """DescribeSecret's answer. Raises Gone for a secret that waits for its deletion."""
    described: dict[str, Any] = lab.observer.client("secretsmanager").describe_secret(SecretId=name)
    if described.get("DeletedDate"):
        raise Gone(f"The secret {name}, which is scheduled for deletion,")
    return described


def _reads_as_before(lab: LabView, role: str) -> bool:
    """Whether the role may read every secret, and do nothing else in Secrets Manager, however that is written."""
    start = f"arn:aws:secretsmanager:{lab.region}:{_account(lab)}:secret:"
    places = [*(_secret(lab, name)["ARN"] for name in ("shop/db", "shop/mail")), f"{start}another-AbCdEf"]
    operations = services()["secretsmanager"].actions

    def may(action: str, place: str) -> bool:
        return decided(lab, role, f"secretsmanager:{action}", place, None, {"aws:SecureTransport": "true"})

    reads = all(may("GetSecretValue", place) for place in places)
    return reads and not any(
        may(each, place) for each in operations if each != "GetSecretValue" for place in (*places, "*")
    )


def _account(lab: LabView) -> str:
    return str(the_key(lab, "shop")["AWSAccountId"])


def _description(lab: LabView, key_id: str | None) -> str:
    """The description of a customer managed key, however it is named; "" for AWS's own."""
    if not key_id:
        return ""
    metadata = lab.observer.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    return str(metadata["Description"]) if metadata["KeyManager"] == "CUSTOMER" else ""


def _way_to(lab: LabView, role: str, name: str) -> str:
    """How the role can get at a secret of that name in another way than decrypting; "" if in none."""
    key, secret, reach = the_key(lab, "shop")["Arn"], _secret(lab, name)["ARN"], Reach(lab)
    caller, thing = reach.caller(role), reach.key(key)
    if reach.may(caller, "kms:ReEncryptFrom", thing, in_context({"SecretARN": secret})):
        return "kms:ReEncryptFrom brings it under a key of its choice"
    found = (each for each in reach.accesses(caller, thing) if each.in_force and each.action in TO_MORE)
    return next((each.what for each in chain(found, reach.assumes(caller))), "")


def _opens(lab: LabView, role: str, name: str, *, through: bool = True) -> bool:
    """Whether the shop's key decrypts a secret of that name for the role, through Secrets Manager or by hand."""
    key = the_key(lab, "shop")["Arn"]
    secret = _secret(lab, name)
    version = next(iter(secret["VersionIdsToStages"]))
    via = {"kms:ViaService": f"secretsmanager.{lab.region}.amazonaws.com"} if through else {}
    context = {
        **via,
        "kms:EncryptionContext:SecretARN": secret["ARN"],
        "kms:EncryptionContext:SecretVersionId": version,
        "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
    }
    return may(lab, role, "kms:Decrypt", key, context, grants_on(lab, key))


def _opened(lab: LabView, role: str) -> list[dict[str, Any]]:
    return [event for event in calls(lab, "Decrypt") if is_by(event, role)]
