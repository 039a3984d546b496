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

_TILL = """
cashier = f"arn:aws:iam::{lab.account_id}:role/Cashier"
you = f"arn:aws:iam::{lab.account_id}:role/LabAdministrator"
only = {"ArnEquals": {"aws:PrincipalArn": cashier}}
use = allow(("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), Principal={"AWS": cashier})
kms.put_key_policy(KeyId=shop.keys["till"], Policy=document(%s))
"""
_THE_REST = """
topic = {"TopicArn": shop.arn("sns", "offers"), "AttributeName": "KmsMasterKeyId"}
sns.set_topic_attributes(**topic, AttributeValue=shop.keys["records"])
logs.delete_log_stream(logGroupName="/shop/debug", logStreamName="main")
"""
_ALL = _TILL % "shop.root, use" + _THE_REST
_IAM = 'iam.put_role_policy(RoleName="%s", PolicyName="more", PolicyDocument=document(%s))'

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
    "nothing-left": (
        (
            _TILL % "shop.root, use, {**use, 'Effect': 'Deny', 'Action': 'kms:PutKeyPolicy'}" + _THE_REST,
            "solved",
            "the shop is open",
        ),
        (_TILL % "shop.root, {**use, 'Principal': '*', 'Condition': only}" + _THE_REST, "solved", "the shop is open"),
        (
            _ALL + _IAM % ("Cashier", 'allow("iam:PutRolePolicy")'),
            NO,
            "a way round to more than its work: iam:PutRolePolicy",
        ),
        (
            _ALL + 'iam.update_assume_role_policy(RoleName="Keeper", PolicyDocument=document('
            '{"Effect": "Allow", "Principal": {"AWS": cashier}, "Action": "sts:AssumeRole"}))',
            NO,
            "a way round to more than its work: sts:AssumeRole on the role `Keeper`",
        ),
        (_TILL % "use, {**shop.root, 'Principal': {'AWS': you}}" + _THE_REST, NO, "Keeper can't use the key `till`"),
        (
            _ALL + 'for each in kms.list_grants(KeyId=shop.keys["letters"])["Grants"]:\n'
            '    kms.revoke_grant(KeyId=shop.keys["letters"], GrantId=each["GrantId"])',
            NO,
            "Reader can't read its letter",
        ),
        (
            _ALL + 'kms.put_key_policy(KeyId=shop.keys["records"], Policy=document(shop.root))',
            NO,
            "cloudtrail.amazonaws.com can't use the key `records`",
        ),
        (_ALL + 's3.delete_bucket_policy(Bucket="shop-trail")', NO, "The trail can't store its files"),
        (_ALL + 'kms.schedule_key_deletion(KeyId=shop.keys["supplier"])', NO, "The key `supplier` is PendingDeletion"),
        (
            _ALL + 'logs.delete_log_stream(logGroupName="/shop/app", logStreamName="main")',
            NO,
            "lines of the log group `/shop/app` are gone",
        ),
        (
            _ALL + 'logs.put_retention_policy(logGroupName="/shop/app", retentionInDays=1)\nlab.clock.advance(days=3)',
            NO,
            "lines of the log group `/shop/app` are gone",
        ),
        (
            _ALL + 's3.put_object(Bucket="shop-parcels", Key="4711", Body=b"")',
            NO,
            "The object `4711` in the bucket `shop-parcels` was written over",
        ),
        (
            _ALL + 's3.put_bucket_policy(Bucket="shop-photos", Policy=document({"Effect": "Deny", "Principal": "*", '
            '"Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-photos/*"}))',
            NO,
            "LabAdministrator can't",
        ),
        (
            _ALL + 'iam.update_assume_role_policy(RoleName="Clerk", PolicyDocument=document('
            '{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}))',
            NO,
            "Nobody can be Clerk any more",
        ),
    ),
}
