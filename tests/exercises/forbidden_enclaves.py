"""Answers that the tasks of notebook 23 forbid, and right ones of another kind: see `forbidden.py`."""

from __future__ import annotations

from .forbidden_grants import NO, Rows

YES = "solved"
_OPENED = 'answer = enclave.send(decrypt(bonus_file, enclave.send("attest"))["CiphertextForRecipient"])["total"]\n'
_DIGEST = 'image.measurements["PCR0"]'
_NOBODY_ELSE, _OTHER, _MORE = "somebody decrypts without", "of other code", "Payroll may do more"
_LETS, _LOST, _REFUSED = "lets others in as well", "from your own account", "does not let Payroll decrypt"


def _put(key: str, *statements: str) -> str:
    return f"kms.put_key_policy(KeyId={key}, Policy=document({', '.join(statements)}))\n"


def _bonuses(*statements: str) -> str:
    return _put("bonuses", *statements)


def _when(operator: str, register: str, value: str) -> str:
    condition = f'{{"{operator}": {{"kms:RecipientAttestation:{register}": {value}}}}}'
    return f'server | {{"Condition": {condition}}}'


_DENY = (
    '{"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:ReEncryptFrom"], "Resource": "*", '
    f'"Condition": {{"StringNotEqualsIgnoreCase": {{"kms:RecipientAttestation:ImageSha384": {_DIGEST}}}}}}}'
)

BIND_IT: Rows = (
    (_bonuses("manage", "only_image") + _OPENED, YES, ""),
    (_bonuses("manage", "only_image", "server"), NO, _NOBODY_ELSE),
    (_bonuses("own", "only_image"), NO, _NOBODY_ELSE),
    (_bonuses('manage | {"NotAction": "kms:Decrypt"}', "only_image"), NO, _NOBODY_ELSE),
    (_bonuses("manage", _when("StringLike", "ImageSha384", '"*"')), NO, _OTHER),
    (_bonuses("manage", _when("Null", "ImageSha384", '"false"')), NO, _OTHER),
    (_bonuses("manage", _when("StringLike", "ImageSha384", f'{_DIGEST}[:8] + "*"')), NO, _OTHER),
    (_bonuses("manage", _when("StringEquals", "PCR2", 'image.measurements["PCR2"]')), NO, _OTHER),
    (_bonuses("manage", _when("StringNotEquals", "ImageSha384", '"0" * 96')), NO, _NOBODY_ELSE),
    (_bonuses("manage", _when("StringEqualsIfExists", "ImageSha384", _DIGEST)), NO, _NOBODY_ELSE),
    (_bonuses("manage", _when("StringEquals", "ImageSha384", f"{_DIGEST}.upper()")), NO, _REFUSED),
    (_bonuses("manage", f'measured(ImageSha384={_DIGEST}, PCR4=enclave.measurements["PCR4"])'), NO, "another instance"),
    (_bonuses("manage", 'only_image | {"Principal": "*"}'), NO, _LETS),
    (_bonuses("manage", 'only_image | {"Principal": {"AWS": "444455556666"}}', "only_image"), NO, _LETS),
    (_bonuses("manage", 'only_image | {"Action": ["kms:Decrypt", "kms:Encrypt"]}'), NO, _MORE),
    (_bonuses('manage | {"NotAction": ["kms:Decrypt", "kms:ReEncrypt*"]}', "only_image"), NO, _LOST),
    (
        (
            _bonuses("manage", "only_image")
            + 'kms.create_grant(KeyId=bonuses, GranteePrincipal=payroll.arn, Operations=["Decrypt"])\n'
        ),
        NO,
        _NOBODY_ELSE,
    ),
    (_bonuses("manage", _when("StringEquals", "PCR0", _DIGEST)) + _OPENED, YES, ""),
    (_bonuses("manage", f"measured(ImageSha384={_DIGEST}.upper())") + _OPENED, YES, ""),
    (_bonuses("manage", f'measured(ImageSha384={_DIGEST}, PCR3=enclave.measurements["PCR3"])') + _OPENED, YES, ""),
    (_bonuses("own", "server", _DENY) + _OPENED, YES, ""),
    (_bonuses("manage", "only_image") + _OPENED + "answer = 16200\n", NO, "not the total"),
    ('answer = "1770"\n', NO, ""),
)

_SHUT = "for arn in doors.values():\n    kms.put_key_policy(KeyId=arn, Policy=document(manage, only_image))\n"
THREE_DOORS: Rows = (
    (_SHUT, YES, ""),
    (_SHUT + _put('doors["winch"]', "manage", _when("StringLike", "PCR0", '"????*"')), NO, "`winch`"),
    (_SHUT + _put('doors["hoist"]', "manage", "measured(PCR3=parent)"), NO, "`hoist`"),
    (_SHUT + _put('doors["hoist"]', "manage", f"measured(PCR3=parent, ImageSha384={_DIGEST})"), YES, ""),
    (
        (
            _SHUT + 'zeros = measured(ImageSha384="0" * 96) | {"Effect": "Deny", "Principal": "*"}\n'
            'kms.put_key_policy(KeyId=doors["crane"], Policy=document(manage, left["crane"], zeros))\n'
        ),
        YES,
        "",
    ),
)

_BOTH = "both = [each.measurements['PCR0'] for each in (image, new_image)]\n"
_NEWER = 'newer = run(lab, new_image, payroll)\ndecrypt(archive_file, newer.send("attest"))\nnewer.terminate()\n'
_SWITCHED = _BOTH + _put("archive", "manage", "measured(ImageSha384=both)") + _NEWER
NO_GAP: Rows = (
    (_put("archive", "manage", f'measured(ImageSha384=[{_DIGEST}, "0" * 96])'), NO, "No new image"),
    (
        (
            _put("archive", "manage", f'measured(ImageSha384=[{_DIGEST}, "0" * 96])')
            + 'tried = run(lab, new_image, payroll, mode="debug")\n'
            + 'decrypt(archive_file, tried.send("attest"))\ntried.terminate()\n'
        ),
        NO,
        "No new image",
    ),
    (
        (
            _BOTH
            + _put("archive", "manage", "measured(ImageSha384=both)")
            + _NEWER
            + _put("archive", "own", "measured(ImageSha384=both[1])")
        ),
        NO,
        _NOBODY_ELSE,
    ),
    (_SWITCHED + _put("archive", "manage", 'measured(PCR2=new_image.measurements["PCR2"])'), NO, _OTHER),
    (_SWITCHED + _put("archive", "manage", "measured(PCR0=both[1], PCR3=parent)"), YES, ""),
)

_TEAM = 'PCR8=signed.measurements["PCR8"]'
_SIGNED = 'theirs = run(lab, signed, payroll)\ndecrypt(ledger_file, theirs.send("attest"))\ntheirs.terminate()\n'
SIGNED: Rows = (
    (_put("ledger", "manage", f"measured({_TEAM}, PCR3=role_measure)") + _SIGNED, YES, ""),
    (_put("ledger", "manage", f"measured({_TEAM}, PCR3=role_measure, PCR0={_DIGEST})"), NO, "A new version"),
    (_put("ledger", "manage", "measured(PCR3=role_measure)"), NO, "has not signed"),
    (_put("ledger", "manage", f"measured({_TEAM})", f"measured({_TEAM}, PCR3=role_measure)"), NO, "another parent"),
    (_put("ledger", "own", f"measured({_TEAM}, PCR3=role_measure)"), NO, _NOBODY_ELSE),
    (_put("ledger", "manage", f'measured({_TEAM}, PCR3=role_measure, PCR4="ab" * 48)'), NO, _REFUSED),
    (_put("ledger", "manage", f"measured({_TEAM}, PCR3=role_measure)", "only_image"), NO, "beside another parent"),
    (
        _put("ledger", "manage", f'measured({_TEAM}, PCR3=role_measure, PCR1=image.measurements["PCR1"])') + _SIGNED,
        YES,
        "",
    ),
)

ANSWERS: dict[str, dict[str, Rows]] = {
    "23-only-this-code-may-decrypt": {
        "bind-it": BIND_IT,
        "three-doors": THREE_DOORS,
        "no-gap": NO_GAP,
        "signed-images": SIGNED,
    }
}
