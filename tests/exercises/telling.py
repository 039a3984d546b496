"""The words that stories are told in: what is done after a solution, or instead of it, and what the check says then.

Each story is a list of steps in one account: code, the status that must follow, and a phrase of the message. A story
begins where the notebook has the exercise. SOLUTION stands for the shipped one.
"""

from __future__ import annotations

SOLUTION = "SOLUTION"
Step = tuple[str, str, str]

FIND = """
listed = [each["KeyId"] for page in kms.get_paginator("list_keys").paginate() for each in page["Keys"]]
described = [kms.describe_key(KeyId=each)["KeyMetadata"] for each in listed]
by_description = {each["Description"]: each["Arn"] for each in described}
"""


def resting(description: str, client: str = "kms") -> list[Step]:
    """The key of that description is disabled, enabled, scheduled for deletion and brought back after the solution."""
    find = FIND.replace("kms.", f"{client}.") + f"one = by_description[{description!r}]\n"
    return [
        (SOLUTION, "solved", ""),
        (f"{find}{client}.disable_key(KeyId=one)", "not yet", "Disabled"),
        (f"{client}.enable_key(KeyId=one)", "solved", ""),
        (f"{find}{client}.schedule_key_deletion(KeyId=one, PendingWindowInDays=7)", "not yet", "PendingDeletion"),
        (f"{client}.cancel_key_deletion(KeyId=one)\n{client}.enable_key(KeyId=one)", "solved", ""),
    ]


def given(*answers: str, status: str, says: str) -> list[Step]:
    """Answers, one after the other, that are told the same."""
    return [(f"answer = {answer}", status, says) for answer in answers]


PLACE = 'place = {"Bucket": bucket, "Key": "memo.txt"}\n'
TOKEN = """
def issue(claims, header=None):
    head = {"alg": "ES256", "typ": "JWT", **(header or {})}
    start = b64(json.dumps(head).encode()) + b"." + b64(json.dumps(claims).encode())
    signed = kms.sign(KeyId=key, Message=start, SigningAlgorithm="ECDSA_SHA_256")
    seal = b"".join(number.to_bytes(32) for number in utils.decode_dss_signature(signed["Signature"]))
    return (start + b"." + b64(seal)).decode()
"""
ADD_TO = """
def add(role, name, *rules):
    text = json.dumps({"Version": "2012-10-17", "Statement": list(rules)})
    boto3.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)
def take(role, name):
    boto3.client("iam").delete_role_policy(RoleName=role, PolicyName=name)
"""


def more(role: str, *rules: str, says: str) -> list[Step]:
    """After the solution, one further rule for the role, and each is taken away again."""
    steps: list[Step] = [(ADD_TO, "not attempted", ""), (SOLUTION, "solved", "")]
    for rule in rules:
        steps += [(f"add({role!r}, 'more', {rule})", "not yet", says), (f"take({role!r}, 'more')", "solved", "")]
    return steps


COPY_OF_LINDGREN = """
body = s3.get_object(Bucket="shop-orders", Key="orders/Lindgren")["Body"].read()
"""
PAGES = """
def move(page):
    both = {"SourceEncryptionContext": {"page": page}, "DestinationEncryptionContext": {"page": page}}
    kms.re_encrypt(CiphertextBlob=pages[page], DestinationKeyId=diary, **both)
def peek(page):
    kms.decrypt(CiphertextBlob=pages[page], EncryptionContext={"page": page})
"""
SELECT = 'cloudtrail.put_event_selectors(TrailName="shop", EventSelectors=[{}])\n'
USE = 'kms.encrypt(KeyId=key, Plaintext=b"seen")\nlab.clock.advance(minutes=10)\n'
ADVANCED = """
def advanced(*more):
    fields = [[{"Field": "eventCategory", "Equals": ["Management"]}, *each] for each in more]
    chosen = [{"Name": f"number {n}", "FieldSelectors": each} for n, each in enumerate(fields)]
    cloudtrail.put_event_selectors(TrailName="shop", AdvancedEventSelectors=chosen)
"""
