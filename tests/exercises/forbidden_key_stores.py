"""Answers that the tasks of notebook 22 forbid, and right ones of another kind: see `forbidden.py`."""

from __future__ import annotations

from .forbidden_grants import NO, Rows

YES = "solved"
_PROXY = 'counter = lab.xks_proxy("https://pharmacy.example.com")\ncounter.keys.create("recipes-1")\n'
_STORE = (
    'made = kms.create_custom_key_store(CustomKeyStoreName="pharmacy", **counter.parameters())\n'
    'pharmacy = made["CustomKeyStoreId"]\n'
)
_CONNECT = "kms.connect_custom_key_store(CustomKeyStoreId={0})\nlab.clock.advance(minutes=5)\n"
_THERE = 'there = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": pharmacy, "XksKeyId": "recipes-1"}\n'
_KEY = _THERE + 'recipes = kms.create_key(Description="recipes", **there)["KeyMetadata"]["Arn"]\n'
_OPEN = _PROXY + _STORE + _CONNECT.format("pharmacy")
_USE = 'kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=recipes, Plaintext=b"a")["CiphertextBlob"])\n'
_LAKE = (
    'lake = lab.cloudhsm_cluster(password="password")\nkms.create_custom_key_store(CustomKeyStoreName="pharmacy", '
    'CloudHsmClusterId=lake.id, KeyStorePassword="password", TrustAnchorCertificate=lake.certificate)\n'
)
_OWN = (
    'import labkit.xks\nown = labkit.xks.Proxy(uri_path="/own/kms/xks/v1").start()\nown.keys.create("recipes-1")\n'
    'lab.map_xks_proxy("https://pharmacy.example.com", own.endpoint)\n'
    "class counter:\n    parameters = staticmethod(lambda: proxy.parameters() | own.for_kms() | {"
    '"XksProxyUriEndpoint": "https://pharmacy.example.com"})\n'
)

BUILD_ONE: Rows = (
    (_PROXY, "not attempted", "no key store"),
    (_PROXY + _STORE, NO, "is DISCONNECTED"),
    (
        _OPEN + 'there = inside | {"XksKeyId": "ward-2"}\nproxy.keys.create("ward-2")\n' + _KEY[len(_THERE) :] + _USE,
        NO,
        "no key described `recipes` in it",
    ),
    (
        _OPEN
        + 'counter.keys.create("other")\n'
        + _THERE
        + 'there["XksKeyId"] = "other"\n'
        + _KEY[len(_THERE) :]
        + _USE,
        NO,
        "uses the external key `other`",
    ),
    (
        'counter = lab.xks_proxy("https://druggist.example.com")\ncounter.keys.create("recipes-1")\n'
        + _STORE
        + _CONNECT.format("pharmacy")
        + _KEY
        + _USE,
        NO,
        "https://druggist.example.com",
    ),
    (
        _LAKE,
        NO,
        "no external key store",
    ),
    (_OPEN + _KEY + 'kms.encrypt(KeyId=recipes, Plaintext=b"a")\n', NO, "nothing has been decrypted"),
    (_OPEN + _KEY + _USE + "kms.disable_key(KeyId=recipes)\n", NO, "is Disabled"),
    (_OPEN + _KEY + _USE + "counter.stop()\n", NO, "is stopped"),
    (_OPEN + _KEY + _USE + "counter.keys.set_status('recipes-1', 'DISABLED')\n", NO, "is DISABLED"),
    (_OPEN + _KEY + _USE + "counter.keys.delete('recipes-1')\n", NO, "no external key"),
    (_OPEN + _KEY + _USE + "kms.disconnect_custom_key_store(CustomKeyStoreId=pharmacy)\n", NO, "is DISCONNECTED"),
    (_OPEN + _KEY + _USE + "counter.deny()\n", NO, "refuses you"),
    (
        _OPEN + _KEY + 'data = kms.generate_data_key(KeyId=recipes, KeySpec="AES_256")\n'
        'kms.re_encrypt(CiphertextBlob=data["CiphertextBlob"], DestinationKeyId=key)\n'
        'kms.decrypt(CiphertextBlob=data["CiphertextBlob"])\n',
        YES,
        "",
    ),
    (
        _OWN + _STORE + _CONNECT.format("pharmacy") + _KEY + _USE,
        YES,
        "",
    ),
)

_AGAIN = "kms.disconnect_custom_key_store(CustomKeyStoreId=attic_store)\n"
_BACK = "attic_proxy.start()\n" + _AGAIN + _CONNECT.format("attic_store")
_READ = 's3.get_object(**letter)["Body"].read()\n'
_MOVED = (
    'moved = lab.xks_proxy("https://cellar.example.com", keys=attic_proxy.keys)\n' + _AGAIN + "kms."
    'update_custom_key_store(CustomKeyStoreId=attic_store, XksProxyUriEndpoint="https://cellar.example.com", '
    "XksProxyAuthenticationCredential=moved.credential.for_kms)\n"
)
BACK: Rows = (
    (_AGAIN + "attic_proxy.start()\n", NO, "is DISCONNECTED"),
    ("attic_proxy.start()\n" + _AGAIN + _CONNECT.format("attic_store").partition("lab.")[0], NO, "CONNECTING"),
    (_BACK + 'kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=attic, Plaintext=b"a")["CiphertextBlob"])\n', NO, "nobody"),
    (_BACK + _READ + "attic_proxy.stop()\n", NO, "is stopped"),
    (_BACK + _READ + "s3.delete_object(**letter)\n", NO, "no longer as it was"),
    (_BACK + 's3.put_object(**letter, Body=b"Dear Ada,")\n' + _READ, NO, "no longer as it was"),
    (_BACK + _READ + "kms.schedule_key_deletion(KeyId=attic)\n", NO, "PendingDeletion"),
    (
        _MOVED + _CONNECT.format("attic_store") + _READ,
        YES,
        "",
    ),
)

_PUT = (
    "kms.update_custom_key_store(CustomKeyStoreId=dental_store, "
    "XksProxyAuthenticationCredential=dental_proxy.credential.for_kms)\n"
)
_FIRST = "first, second = dental_proxy.credential, dental_proxy.new_credential()\n"
_DROP = "dental_proxy.remove_credential(first.access_key_id)\n"
_ENCRYPT = 'kms.encrypt(KeyId=dental, Plaintext=b"a")\n'
_FAILS = 'with labkit.expect_error("KMSInvalidStateException"):\n    ' + _ENCRYPT
CREDENTIAL: Rows = (
    (_FIRST, NO, "still signs with the first"),
    (_FIRST + _PUT + _DROP + "dental_proxy.new_credential()\n" + _ENCRYPT, NO, "accepts one more"),
    (_FIRST + _PUT + _DROP + _FIRST + _DROP + _FAILS, NO, "does not accept"),
    (_FIRST + _DROP + _FAILS + _PUT + _ENCRYPT + _FIRST + _PUT + _DROP + _ENCRYPT, YES, ""),
    (_FIRST + _PUT + _DROP + _ENCRYPT + "dental_proxy.stop()\n", NO, "is stopped"),
    (_FIRST + _PUT + _DROP + _ENCRYPT + "kms.disable_key(KeyId=dental)\n", NO, "is Disabled"),
    (_FIRST + _PUT + _ENCRYPT + _DROP, YES, ""),
    (_FIRST + _PUT + _DROP + 'kms.generate_data_key(KeyId=dental, KeySpec="AES_128")\n', YES, ""),
    (
        "from labkit.xks.credentials import Credential\nfirst = dental_proxy.credential\n"
        'dental_proxy.credentials.add(Credential("A" * 20, "b" * 43))\n' + _PUT + _DROP + _ENCRYPT,
        YES,
        "",
    ),
)

_TRY = (
    'with labkit.expect_error("KMSInvalidStateException"):\n    temp.client("kms").decrypt(CiphertextBlob=finding)\n'
    "kms.decrypt(CiphertextBlob=finding)\n"
)
_DENY = "research_proxy.deny(principal=temp.arn{})\n"
_RIGHT = _DENY.format("")
_GRANT = 'kms.create_grant(KeyId=research, GranteePrincipal=temp.arn, Operations=["Decrypt"])\n'
_NO_IAM = (
    'iam = boto3.client("iam")\nfor name in iam.list_role_policies(RoleName="Temp")["PolicyNames"]:\n'
    '    iam.delete_role_policy(RoleName="Temp", PolicyName=name)\n'
)
VETO: Rows = (
    (_DENY.format(', via_service=""') + _TRY, NO, "by way of s3 would pass"),
    (_DENY.format(', external_key="ward-1"'), NO, "Encrypt would pass"),
    (_DENY.format(", kms_key=key"), NO, "Encrypt would pass"),
    ('research_proxy.deny(principal="*/Temp")\n' + _TRY, NO, "user/Temp"),
    ('research_proxy.deny(principal="*:role/?emp")\n' + _TRY, NO, "a role temp"),
    (_RIGHT + 'research_proxy.deny(operation="ReEncrypt")\n' + _TRY, NO, "with ReEncrypt"),
    ("proxy.deny(principal=temp.arn)\n", "not attempted", "denies nothing"),
    (_RIGHT + _GRANT + _TRY, NO, "leave AWS as it was"),
    (_NO_IAM, NO, "leave AWS as it was"),
    (_RIGHT + "kms.decrypt(CiphertextBlob=finding)\n" + _TRY.rpartition("kms.decrypt")[0], NO, "as yourself"),
    (_RIGHT + _TRY + "research_proxy.stop()\n", NO, "is stopped"),
    (_RIGHT + _TRY + "research_proxy.allow_all()\n", "not attempted", "denies nothing"),
    (_DENY.format(', kms_key=research, external_key="research-*"') + _TRY, YES, ""),
    ('research_proxy.deny(principal="arn:aws:iam::*:role/Temp", operation="*")\n' + _TRY, YES, ""),
    (
        'for each in ("Encrypt", "Decrypt", "GenerateDataKey*", "ReEncrypt*"):\n'
        "    research_proxy.deny(principal=temp.arn, operation=each)\n" + _TRY,
        YES,
        "",
    ),
)

_JOIN = 'both = trail().merge(pd.DataFrame(proxy.log()), on="kms_request_id", how="{}", indicator=True)\n'
_BY_HAND = (
    "noted = {each.kms_request_id for each in proxy.log()}\nfound = trail().query('caller == \"Batch\"')\n"
    'answer = sum(each not in noted for each in found["kms_request_id"])\n'
)
ARRIVED: Rows = (
    (_JOIN.format("inner") + 'answer = int(((both.caller == "Batch") & (both.error_code != "")).sum())\n', NO, "log"),
    ("answer = 15\n", NO, "not the number"),
    ("answer = 0\n", NO, "not the number"),
    (
        _BY_HAND,
        YES,
        "",
    ),
)

ANSWERS: dict[str, dict[str, Rows]] = {
    "22-external-key-stores": {
        "build-one": BUILD_ONE,
        "back-from-the-attic": BACK,
        "new-credential": CREDENTIAL,
        "veto": VETO,
        "never-arrived": ARRIVED,
    }
}
