"""What must not work with this application: each attempt, and the error that it has to end with."""

from __future__ import annotations

from attempts import Attempt

from .store import Store

NO = "AccessDeniedException"


class NotThere(Exception):
    """It was looked for, and is not there."""


def must_not(issuer: Store, verifier: Store, support: Store, admin: Store) -> list[Attempt]:
    """List the attempts: the same store, as each of the roles sees it. They issue four API keys, and revoke one."""
    mine, other, revoked, victim = (issuer.issue(f"probe-{number}") for number in range(4))
    support.revoke(revoked.name)
    newest = admin.generations()[0]

    def blob(name: str) -> bytes:
        item = admin.item(f"key#{name}")
        assert item is not None
        content: bytes = item["sealed"]["B"]
        return content

    def in_the_table() -> None:
        pages = admin.dynamodb.get_paginator("scan").paginate(TableName=admin.table)
        if mine.text.encode() not in b"".join(repr(page).encode() for page in pages):
            raise NotThere

    def swapped() -> object:
        """Somebody that can write to the table puts one entry's sealed text into another one's."""
        return admin.opened(newest, victim.name, blob(mine.name))

    def forged(by: Store) -> object:
        """A pointer from a text of one's own to somebody else's entry."""
        return by.dynamodb.put_item(TableName=by.table, Item=by.pointer(newest, victim.name, "ak_of-my-own"))

    def by_name() -> None:
        """The HMAC that stands in the table is not the API key."""
        verifier.verify(admin.pointer(newest, "", mine.text)["id"]["S"].rpartition("#")[2])

    return [
        Attempt("an API key that was never issued is taken", "Refused", lambda: verifier.verify("ak_guessed")),
        Attempt("one that was revoked is taken", "Refused", lambda: verifier.verify(revoked.text)),
        Attempt("one with a letter more is taken", "Refused", lambda: verifier.verify(other.text + "A")),
        Attempt("its HMAC is taken for it", "Refused", by_name),
        Attempt("an API key can be read in the table", "NotThere", in_the_table),
        Attempt("the verifier opens an entry", NO, lambda: verifier.opened(newest, mine.name, blob(mine.name))),
        Attempt("the verifier revokes an API key", NO, lambda: verifier.revoke(mine.name)),
        Attempt("the issuer opens what it has issued", NO, lambda: issuer.opened(newest, mine.name, blob(mine.name))),
        Attempt("the issuer revokes an API key", NO, lambda: issuer.revoke(mine.name)),
        Attempt("support opens an entry", NO, lambda: support.opened(newest, mine.name, blob(mine.name))),
        Attempt("support forges a pointer to an entry", NO, lambda: forged(support)),
        Attempt("support verifies API keys", NO, lambda: support.verify(other.text)),
        Attempt("a sealed text opens in another entry", "InvalidCiphertextException", swapped),
    ]
