"""What checks say to answers that need more than a status, each in its place in its notebook."""

import pytest

from .walking import walk

# In a Deny, `kms:TrailingDaysWithoutKeyUsage` is there for DisableKey and ScheduleKeyDeletion alone ("AWS KMS condition
# keys"): with NumericLessThan, nothing else that these patterns name is denied. The last call proves it.
WIDE_PATTERNS = """
idle = {"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "90"}}
wide = {"Action": ["kms:*Delet*", "kms:Disable*"], "Principal": "*", "Resource": "*", "Condition": idle}
kms.put_key_policy(KeyId=wages, Policy=document(whole, slow, wide | {"Effect": "Deny"}))
kms.disable_key_rotation(KeyId=wages)
"""
NO_ROTATION = """
idle = {"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "90"}}
both = {"Action": ["kms:DisableKey", "kms:ScheduleKeyDeletion"], "Condition": idle}
everybody = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
rotation = everybody | {"Action": "kms:RotateKeyOnDemand"}
kms.put_key_policy(KeyId=wages, Policy=document(whole, slow, everybody | both, rotation))
"""
AT_EACH_KEY = """
for client in (virginia, ireland):
    client.put_key_policy(KeyId=mrk, Policy=json.dumps(policy))
"""
BY_IAM = 'iam.delete_role_policy(RoleName="Trainee", PolicyName="inline")'


@pytest.mark.parametrize(
    ("notebook", "exercise", "code", "status", "says"),
    [
        ("08-envelope-encryption", "count-the-calls", 'answer = "400"', "not yet", "whole number; this is str"),
        ("08-envelope-encryption", "count-the-calls", "answer = 400.0", "not yet", "whole number; this is float"),
        ("16-disable-and-delete", "in-use", WIDE_PATTERNS, "solved", "by mistake"),
        ("16-disable-and-delete", "in-use", NO_ROTATION, "not yet", "from RotateKeyOnDemand, too"),
        ("17-multi-region-keys", "close-everywhere", AT_EACH_KEY, "solved", "a policy at each of them"),
        ("17-multi-region-keys", "close-everywhere", BY_IAM, "solved", "IAM policies open none of them"),
    ],
    ids=["text", "fraction", "wide-patterns", "no-rotation", "at-each-key", "by-iam"],
)
def test_what_is_said(notebook: str, exercise: str, code: str, status: str, says: str) -> None:
    """Praise names what was done, and blame what is missing."""
    (outcome,) = walk(notebook, lambda spec: code if spec.id == exercise else None).values()
    assert outcome.status == status
    assert says in outcome.message
