"""Answers that need more than a status: praise names what was done, and blame what is missing."""

from __future__ import annotations

from .telling import Step

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
SAID: dict[str, dict[str, list[list[Step]]]] = {
    "08-envelope-encryption": {
        "count-the-calls": [
            [('answer = "400"', "not yet", "whole number; this is str")],
            [("answer = 400.0", "not yet", "whole number; this is float")],
        ]
    },
    "16-disable-and-delete": {
        "in-use": [
            [(WIDE_PATTERNS, "solved", "by mistake")],
            [(NO_ROTATION, "not yet", "from RotateKeyOnDemand, too")],
        ]
    },
    "17-multi-region-keys": {
        "close-everywhere": [
            [(AT_EACH_KEY, "solved", "a policy at each of them")],
            [(BY_IAM, "solved", "IAM policies open none of them")],
        ]
    },
}
