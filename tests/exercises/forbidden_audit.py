"""Answers that the tasks of notebook 21 forbid, and right ones of another kind: see `forbidden.py`."""

from .forbidden_grants import NO, Rows

_READER = 'reader = f"arn:aws:iam::{lab.account_id}:role/Reader"\n'
_NEWSLETTER = _READER + 'kms.put_key_policy(KeyId=shop.keys["newsletter"], Policy=document(shop.root, %s))'
_TO_READER = 'allow("kms:Decrypt", Principal={"AWS": reader})'

_S3 = '{"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}'
_PHOTOS = (
    'use = allow(("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), shop.keys["photos"], Condition=%s)\n'
    'put = allow("s3:PutObject", "arn:aws:s3:::shop-photos/*")\n'
    'iam.put_role_policy(RoleName="Photographer", PolicyName="inline", PolicyDocument=document(use, put%s))'
)

TWENTY_ONE: dict[str, Rows] = {
    "close-the-newsletter": (
        (
            _NEWSLETTER
            % 'allow("kms:Decrypt", Principal={"AWS": [reader, f"arn:aws:iam::{lab.account_id}:role/Clerk"]})',
            NO,
            "still lets in the role Clerk",
        ),
        (
            _NEWSLETTER % 'allow(("kms:Decrypt", "kms:CreateGrant"), Principal={"AWS": reader})',
            NO,
            "Reader is allowed more by the policy: kms:CreateGrant",
        ),
        (
            _NEWSLETTER % (_TO_READER + ', allow("kms:Decrypt", Principal={"AWS": "arn:aws:iam::444455556666:root"})'),
            NO,
            "still lets in",
        ),
        (
            _NEWSLETTER
            % 'allow("kms:Decrypt", Principal="*", Condition={"StringLike": {"aws:PrincipalArn": "*role/Reader"}})',
            NO,
            "still lets in",
        ),
        (
            _NEWSLETTER % (_TO_READER + ', {**allow("kms:Decrypt", Principal={"AWS": reader}), "Effect": "Deny"}'),
            NO,
            "Reader is not allowed kms:Decrypt",
        ),
        (
            _NEWSLETTER % 'allow("kms:Decrypt", Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": reader}})',
            "solved",
            "One role, one action",
        ),
    ),
    "photos-through-s3": (
        (_PHOTOS % (_S3, ', allow("kms:Decrypt", shop.keys["photos"])'), NO, "more than the task says: kms:Decrypt"),
        (_PHOTOS % (_S3.replace("s3.us-east-1", "ec2.us-east-1"), ""), NO, "can't use the key `photos` through S3"),
        (
            _PHOTOS % (_S3.replace("StringEquals", "StringLike").replace("us-east-1", "*"), ""),
            "solved",  # a key of this Region is asked by the services of this Region alone
            "serves S3 alone",
        ),
        (_PHOTOS % (_S3.replace("StringEquals", "StringEqualsIfExists"), ""), NO, "more than the task says"),
        (
            _PHOTOS
            % (_S3, "")
            + '\nsame = allow("kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:role/Photographer"})\n'
            'kms.put_key_policy(KeyId=shop.keys["photos"], Policy=document(shop.root, same))',
            NO,
            "more than the task says: kms:Decrypt",
        ),
        (
            _PHOTOS % (_S3, "") + '\nkms.put_key_policy(KeyId=shop.keys["photos"], Policy=document(shop.root, '
            '{**allow("kms:*", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalArn": '
            'f"arn:aws:iam::{lab.account_id}:role/LabAdministrator"}}), "Effect": "Deny"}))',
            NO,
            "can't use the key `photos` through S3",
        ),
    ),
}
