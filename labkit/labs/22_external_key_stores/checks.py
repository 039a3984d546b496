"""Checks of notebooks/22-external-key-stores.ipynb: they read the account and the proxies, and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from labkit.exercises.account import calls, is_by, key_arn, keys, the_key, unusable
from labkit.exercises.engine import Gone, LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import grants_on, has_first_policy, may
from labkit.xks.policy import denied_by

if TYPE_CHECKING:
    from labkit.key_stores import LabProxy

EXTERNAL = "EXTERNAL_KEY_STORE"
TEMP, BATCH, ADMINISTRATOR = "Temp", "Batch", "LabAdministrator"
USES = ("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt")
SERVICES = ("", "s3", "ec2", "lambda", "secretsmanager", "logs")
OTHERS = ("Temps", "Temporary", "ATemp", "temp", "Intern", ADMINISTRATOR)
VETOED = "The external key store proxy denied access"  # the spec of the proxy API, "Error codes"


class View(LabView, Protocol):
    """A lab with proxies."""

    def xks_proxies(self) -> list[LabProxy]: ...


def build_one(lab: View, answer: Any) -> Outcome:
    """Check that the store `pharmacy` is there, with its proxy and a key that has encrypted and decrypted."""
    store = _store(lab, "pharmacy")
    if store is None:
        return not_attempted("There is no key store named `pharmacy`.")
    if store["CustomKeyStoreType"] != EXTERNAL:
        return not_yet("The store `pharmacy` is there. But it is no external key store.")
    where = store["XksProxyConfiguration"]["UriEndpoint"]
    if where != "https://pharmacy.example.com":
        return not_yet(f"The store `pharmacy` is there. But its proxy is at {where}.")
    if said := _not_connected(store):
        return not_yet(said)
    named = [each for each in keys(lab) if each["Description"] == "recipes"]
    found = next((each for each in named if each.get("CustomKeyStoreId") == store["CustomKeyStoreId"]), None)
    if found is None:
        return not_yet("The store is connected. But there is no key described `recipes` in it.")
    if (external := found["XksKeyConfiguration"]["Id"]) != "recipes-1":
        return not_yet(f"The key described `recipes` uses the external key `{external}`.")
    arn = str(found["Arn"])
    if said := _trouble(lab, store, arn, external):
        return not_yet(said)
    if not _used(lab, arn, "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"):
        return not_yet("The key described `recipes` is ready. But nothing has been encrypted with it.")
    if not _used(lab, arn, "Decrypt"):
        return not_yet("Something has been encrypted with the key described `recipes`. But nothing has been decrypted.")
    return solved("The pharmacy holds its own key, and your proxy has seen each use of it.")


def back_from_the_attic(lab: View, answer: Any) -> Outcome:
    """Check that the store `attic` is connected again, and that the letter has been read since."""
    store, key = _the_store(lab, "attic"), the_key(lab, "attic")
    asked = [each for each in calls(lab, "ConnectCustomKeyStore") if _is_of(each, store)]
    proxy = _proxy(lab, store)
    stopped = proxy is not None and not proxy.running
    if stopped and len(asked) <= 2:  # those of the notebook
        return not_attempted("The store `attic` is FAILED, and its proxy is stopped.")
    if stopped:
        return not_yet("The proxy of the store `attic` is stopped: nobody answers KMS.")
    if said := _not_connected(store):
        return not_yet(said)
    if said := _trouble(lab, store, str(key["Arn"]), "attic-1"):
        return not_yet(said)
    if not _letter(lab, str(key["Arn"])):
        return not_yet("The object `letter.txt` is no longer as it was: put under the key described `attic`.")
    read = (each for each in calls(lab, "Decrypt") if key_arn(each) == key["Arn"] and _is_letter(each))
    if not any(_later(lab, each, asked[-1]) for each in read):
        return not_yet("The store is connected. But nobody has read the object `letter.txt` since.")
    return solved("Proxy first, then the store: disconnect, connect, wait. The letter can be read.")


def new_credential(lab: View, answer: Any) -> Outcome:
    """Check that the store `dental` and its proxy have a new credential, and that no call has failed on the way."""
    store, arn = _the_store(lab, "dental"), str(the_key(lab, "dental")["Arn"])
    proxy = _proxy(lab, store)
    if proxy is None:
        raise Gone("The proxy of the store `dental`")
    first = proxy.log()[0].access_key_id
    signs_with, accepted = _access_key(store), [each.access_key_id for each in proxy.credentials.all()]
    if signs_with == first and accepted == [first]:
        return not_attempted("The store `dental` and its proxy have the credential that they began with.")
    if signs_with == first:
        return not_yet("KMS still signs with the first credential of the store `dental`.")
    if signs_with not in accepted:
        return not_yet("KMS signs with a credential that the proxy of `dental` does not accept.")
    if first in accepted:
        return not_yet("KMS has a new credential. But the proxy of `dental` still accepts the first credential, too.")
    if len(accepted) > 1:
        return not_yet("KMS has a new credential. But the proxy of `dental` accepts one more.")
    if said := _not_connected(store) or _trouble(lab, store, arn, "dental-1"):
        return not_yet(said)
    updates = [each for each in calls(lab, "UpdateCustomKeyStore") if _is_of(each, store)]
    since = updates[-2] if len(updates) > 1 else None
    if any(since is None or _later(lab, each, since) for each in _failed(lab, "dental-1")):
        return not_yet("A call with the key `dental` has failed on the way. Exchange the credential once more.")
    if not any(_later(lab, each, updates[-1]) for each in _uses(lab, arn, "Encrypt", "GenerateDataKey")):
        return not_yet("The credential is exchanged. Nothing has been encrypted since with the key `dental`.")
    return solved("The new credential works, the first one is worthless, and nobody noticed.")


def veto(lab: View, answer: Any) -> Outcome:
    """Check that the proxy of `research` refuses Temp and nobody else, and that this was tried."""
    store, key = _the_store(lab, "research"), the_key(lab, "research")
    arn, proxy = str(key["Arn"]), _proxy(lab, store)
    if proxy is None:
        raise Gone("The proxy of the store `research`")
    if has_first_policy(lab, arn) and may(lab, TEMP, "kms:Decrypt", arn) and not proxy.denials:
        return not_attempted("The proxy of the store `research` denies nothing.")
    if not has_first_policy(lab, arn) or grants_on(lab, arn):
        return not_yet("The key policy of `research` has changed, or there is a grant: leave AWS as it was.")
    if not may(lab, TEMP, "kms:Decrypt", arn):
        return not_yet("The role Temp may no longer decrypt as far as IAM is concerned: leave AWS as it was.")
    if let := _passes(proxy, arn, f"arn:aws:iam::{key['AWSAccountId']}:role/{TEMP}"):
        return not_yet(f"The proxy of `research` does not refuse Temp everything: {let} would pass.")
    if hit := _hit(proxy, arn, key["AWSAccountId"]):
        return not_yet(f"The proxy of `research` refuses others, too: {hit}.")
    if said := _not_connected(store) or _trouble(lab, store, arn, "research-1"):
        return not_yet(said)
    refused = [each for each in _failed(lab, "research-1") if _is_veto(each)]
    if not refused:
        return not_yet("The rule is as it should be. But Temp has not been refused yet.")
    if not any(not is_by(each, TEMP) and _later(lab, each, refused[0]) for each in _uses(lab, arn, "Decrypt")):
        return not_yet("Temp has been refused. Now decrypt `finding` as yourself.")
    return solved("IAM says yes, and the owner of the key says no.")


def never_arrived(lab: View, answer: Any) -> Outcome:
    """Compare the answer with the failed calls of Batch that no proxy has noted."""
    if answer is None:
        return unanswered()
    if (odd := no_number(answer)) is not None:
        return odd
    noted = {each.kms_request_id for proxy in lab.xks_proxies() for each in proxy.log()}
    failed = [each for each in _failed(lab, "ward-1") if is_by(each, BATCH)]
    lost = [each for each in failed if each["requestID"] not in noted]
    if answer == len(failed):
        return not_yet("That is the number of all that failed. Some of them stand in the proxy's log.")
    if answer == len(failed) - len(lost):
        return not_yet("That many failed, and they stand in the proxy's log. The question is about the others.")
    if answer != len(lost):
        return not_yet("That is not the number of Batch's failed calls that the proxy has not seen.")
    return solved("The proxy's log has no trace of them. If you look there alone, you do not know that they failed.")


# Stores and their proxies


def _store(lab: View, name: str) -> dict[str, Any] | None:
    stores = lab.observer.client("kms").describe_custom_key_stores()["CustomKeyStores"]
    return next((dict(each) for each in stores if each["CustomKeyStoreName"] == name), None)


def _the_store(lab: View, name: str) -> dict[str, Any]:
    """The store that the notebook has made under this name, however it is called now."""
    made = next(each for each in calls(lab, "CreateCustomKeyStore") if _name_in(each) == name)
    wanted = made["responseElements"]["customKeyStoreId"]
    stores = lab.observer.client("kms").describe_custom_key_stores()["CustomKeyStores"]
    found = next((dict(each) for each in stores if each["CustomKeyStoreId"] == wanted), None)
    if found is None:
        raise Gone(f"The key store `{name}`")
    return found


def _name_in(event: dict[str, Any]) -> str:
    return str(event["requestParameters"].get("customKeyStoreName"))


def _not_connected(store: dict[str, Any]) -> str:
    """Say that a store is not connected; "" if it is."""
    state = store["ConnectionState"]
    return "" if state == "CONNECTED" else f"The store `{store['CustomKeyStoreName']}` is {state}."


def _access_key(store: dict[str, Any]) -> str:
    return str(store["XksProxyConfiguration"]["AccessKeyId"])


def _proxy(lab: View, store: dict[str, Any]) -> LabProxy | None:
    """The lab's proxy behind a store; None where the learner runs one of another kind."""
    endpoint = store["XksProxyConfiguration"]["UriEndpoint"]
    return next((each for each in lab.xks_proxies() if each.uri_endpoint == endpoint), None)


def _trouble(lab: View, store: dict[str, Any], arn: str, external: str) -> str:
    """Say why a key of a connected store can't be used at this moment; "" if nothing is seen."""
    proxy = _proxy(lab, store)
    if proxy is not None:
        if not proxy.running:
            return f"The proxy of the store `{store['CustomKeyStoreName']}` is stopped: nobody answers KMS."
        found = proxy.keys.find(external)
        if found is None:
            return f"The key manager has no external key `{external}`."
        if found.status != "ENABLED":
            return f"The external key `{external}` is {found.status}."
        if _access_key(store) not in [each.access_key_id for each in proxy.credentials.all()]:
            return f"KMS signs with a credential that the proxy of `{store['CustomKeyStoreName']}` does not accept."
        told = {"awsPrincipalArn": f"arn:aws:iam::{arn.split(':')[4]}:role/{ADMINISTRATOR}", "kmsKeyArn": arn}
        if denied_by(proxy.denials, told | {"kmsOperation": "Decrypt"}, external) is not None:
            return f"The own policy of the proxy of `{store['CustomKeyStoreName']}` refuses you."
    return unusable(lab, arn)


# What a proxy's policy denies


def _passes(proxy: LabProxy, arn: str, principal: str) -> str:
    """Name an operation with the key that the proxy would allow this principal; "" if there is none."""
    for operation, service in _requests():
        if not _denied(proxy, arn, principal, operation, service):
            return operation + (f" by way of {service}" if service else "")
    return ""


def _hit(proxy: LabProxy, arn: str, account: str) -> str:
    """Name somebody other than Temp whom the proxy would refuse something; "" if there is nobody."""
    for name in OTHERS:
        for operation, service in _requests():
            if _denied(proxy, arn, f"arn:aws:iam::{account}:role/{name}", operation, service):
                return f"a role {name}, with {operation}" + (f" by way of {service}" if service else "")
    people = (f"arn:aws:iam::{account}:user/{TEMP}", f"arn:aws:iam::{account}:root", "cloudtrail.amazonaws.com")
    return next((each for each in people if _denied(proxy, arn, each, "Decrypt", "")), "")


def _requests() -> Iterator[tuple[str, str]]:
    return ((operation, service) for operation in USES for service in SERVICES)


def _denied(proxy: LabProxy, arn: str, principal: str, operation: str, service: str) -> bool:
    told = {"awsPrincipalArn": principal, "kmsOperation": operation, "kmsKeyArn": arn}
    return denied_by(proxy.denials, told | ({"kmsViaService": service} if service else {}), "research-1") is not None


# What the trail shows


def _uses(lab: LabView, arn: str, *names: str) -> list[dict[str, Any]]:
    return [each for each in calls(lab, *names) if key_arn(each) == arn]


def _used(lab: LabView, arn: str, *names: str) -> bool:
    return bool(_uses(lab, arn, *names))


def _failed(lab: LabView, external: str) -> list[dict[str, Any]]:
    """Calls with a key on this external key that failed with KMSInvalidStateException."""
    return [
        each
        for each in lab.events()
        if each.get("errorCode") == "KMSInvalidStateException"
        and (each.get("additionalEventData") or {}).get("xksKeyId") == external
    ]


def _is_veto(event: dict[str, Any]) -> bool:
    return is_by(event, TEMP) and str(event.get("errorMessage", "")).startswith(VETOED)


def _is_of(event: dict[str, Any], store: dict[str, Any]) -> bool:
    return bool((event["requestParameters"] or {}).get("customKeyStoreId") == store["CustomKeyStoreId"])


def _later(lab: LabView, event: dict[str, Any], than: dict[str, Any]) -> bool:
    order = [each["eventID"] for each in lab.events()]
    return order.index(event["eventID"]) > order.index(than["eventID"])


def _is_letter(event: dict[str, Any]) -> bool:
    context = (event["requestParameters"] or {}).get("encryptionContext") or {}
    return str(context.get("aws:s3:arn", "")).endswith("/letter.txt")


def _letter(lab: LabView, arn: str) -> bool:
    """Whether the object is there still, as it was put, under the key."""
    s3 = lab.observer.client("s3")
    account = arn.split(":")[4]
    found = s3.list_objects_v2(Bucket=f"clinic-{account}", Prefix="letter.txt").get("Contents", ())
    if "letter.txt" not in [each["Key"] for each in found]:
        return False
    head = s3.head_object(Bucket=f"clinic-{account}", Key="letter.txt")
    return bool(head.get("SSEKMSKeyId") == arn)
