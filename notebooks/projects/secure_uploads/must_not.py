"""What must not work with this application: each attempt, and the error that it has to end with.

They come from three sides: from a stranger, from another tenant that uses the site and its links, and from a site with
a bug. Such a site would sign whatever it is asked to sign, but only with the session of the tenant that asks.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from attempts import Attempt

from .files import Files
from .scene import FILE, SUM, Scene
from .sending import ask, put, send
from .sessions import Clients, tenant_session

NO = "AccessDenied"
TOUCHED = "SignatureDoesNotMatch"


def must_not(scene: Scene) -> list[Attempt]:
    """List the attempts. They leave the victim's files as they are; one takes two seconds, until a link has expired."""
    return [*_by_strangers(scene), *_by_a_tenant(scene), *_with_a_link(scene), *_by_a_site_with_a_bug(scene)]


def _by_strangers(scene: Scene) -> list[Attempt]:
    place = scene.victim.upload("new.txt", 1, SUM).url.partition("?")[0].replace("new.txt", scene.loot)
    preflight = {"Origin": "https://other.example", "Access-Control-Request-Method": "PUT"}
    return [
        Attempt("a stranger lists files without a token", "NotSignedIn", lambda: ask(scene.site, "", "/api/files")),
        Attempt("... with a token that is made up", "NotSignedIn", lambda: ask(scene.site, "guess", "/api/files")),
        Attempt("a stranger gets a file without a link", NO, lambda: send("GET", place)),
        Attempt("another website's page uploads", "AccessForbidden", lambda: send("OPTIONS", place, preflight)),
    ]


def _by_a_tenant(scene: Scene) -> list[Attempt]:
    """By the site's own calls."""

    def named(name: str) -> Callable[[], object]:
        return lambda: ask(scene.site, scene.token, "/api/uploads", name=name, size=len(FILE), sha256=SUM)

    def got(name: str) -> Callable[[], object]:
        return lambda: ask(scene.site, scene.token, "/api/downloads", name=name)

    up = f"../{scene.victim.tenant}/x.txt"
    return [
        Attempt("another tenant uploads into the victim's folder by `..`", "BadName", named(up)),
        Attempt("... with the victim's prefix in the name", "BadName", named(f"{scene.victim.tenant}/x.txt")),
        Attempt("... as `..%2F`", "BadName", named(up.replace("/", "%2F"))),
        Attempt("it asks for the victim's file by its name", "NoSuchFile", got(scene.loot)),
        Attempt("... by its path", "BadName", got(f"../{scene.victim.tenant}/{scene.loot}")),
    ]


def _with_a_link(scene: Scene) -> list[Attempt]:
    """The thief changes what it sends with a link that it has been given."""

    def changed(**headers: str | None) -> Callable[[], object]:
        return lambda: put(scene.link("mine.txt"), FILE, **headers)

    def moved() -> None:
        link = scene.link("mine.txt")
        url = link.url.replace(f"/{scene.own.tenant}/mine.txt", f"/{scene.victim.tenant}/mine.txt")
        put(replace(link, url=url), FILE)

    def again() -> None:
        link = scene.link("twice.txt")
        for _ in range(2):
            put(link, FILE)

    def late() -> None:
        link = scene.link("late.txt", seconds=1)
        time.sleep(2.1)
        put(link, FILE)

    def inline() -> None:
        put(scene.link("page.html"), FILE)
        url = scene.own.download("page.html")
        send("GET", url.replace("response-content-disposition=attachment", "response-content-disposition=inline"))

    prefix = "x_amz_server_side_encryption"
    without = {prefix: None, f"{prefix}_aws_kms_key_id": None, f"{prefix}_context": None}
    return [
        Attempt("it changes the place in its link", TOUCHED, moved),
        Attempt("it leaves the encryption headers out", TOUCHED, changed(**without)),
        Attempt("it names the victim's key", TOUCHED, changed(**{f"{prefix}_aws_kms_key_id": scene.victim.key})),
        Attempt("it names the victim's context", TOUCHED, changed(**{f"{prefix}_context": _context(scene.victim)})),
        Attempt("it uploads a larger file", TOUCHED, lambda: put(scene.link("mine.txt"), FILE * 1000)),
        Attempt("it uploads another file", "BadDigest", lambda: put(scene.link("mine.txt"), bytes(len(FILE)))),
        Attempt("it uses a link twice", "PreconditionFailed", again),
        Attempt("it uses a link that has expired", NO, late),
        Attempt("it makes its file public by a header", NO, changed(x_amz_acl="public-read")),
        Attempt("it uploads HTML that browsers show", TOUCHED, changed(content_type="text/html")),
        Attempt("... and has it shown by the link", TOUCHED, inline),
    ]


def _by_a_site_with_a_bug(scene: Scene) -> list[Attempt]:
    """With the thief's session, whatever is asked; and with the roles round it."""
    mine, theirs = scene.own, scene.victim
    s3, bucket, loot = scene.thief("s3"), mine.bucket, f"{theirs.tenant}/{scene.loot}"
    own = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": mine.key, "SSEKMSEncryptionContext": _context(mine)}

    def puts(**other: str | None) -> Callable[[], object]:
        asked = {"Bucket": bucket, "Key": f"{mine.tenant}/bug.txt", "Body": FILE, **own, **other}
        return lambda: s3.put_object(**{name: value for name, value in asked.items() if value is not None})

    def copies(**more: str) -> Callable[[], object]:
        target = f"{mine.tenant}/copy.txt"
        return lambda: s3.copy_object(Bucket=bucket, Key=target, CopySource=f"{bucket}/{loot}", **own, **more)

    def lists(**more: str) -> Callable[[], object]:
        return lambda: s3.list_objects_v2(Bucket=bucket, **more)

    def key_by_hand() -> object:
        context = {"tenant": mine.tenant}
        return scene.thief("kms").generate_data_key(KeyId=mine.key, KeySpec="AES_256", EncryptionContext=context)

    def becomes(clients: Clients, tenant: str) -> Callable[[], object]:
        return lambda: tenant_session(scene.role, tenant, clients("sts"))

    def without_a_tag() -> object:
        return scene.service("sts").assume_role(RoleArn=scene.role, RoleSessionName="nobody")

    def gets(client: Any) -> Callable[[], object]:
        return lambda: client.get_object(Bucket=bucket, Key=loot)

    link = replace(theirs, s3=s3)
    return [
        Attempt("a site with a bug signs a link for the victim's folder", NO, lambda: _signed_put(link)),
        Attempt("... and a link to the victim's file", NO, lambda: send("GET", _signed_get(link, loot))),
        Attempt("it puts under the victim's key", NO, puts(SSEKMSKeyId=theirs.key)),
        Attempt("it puts without a context", NO, puts(SSEKMSEncryptionContext=None)),
        Attempt("it puts in the victim's context", NO, puts(SSEKMSEncryptionContext=_context(theirs))),
        Attempt("it puts under SSE-S3", NO, puts(ServerSideEncryption="AES256", **dict.fromkeys(list(own)[1:]))),
        Attempt("it puts outside all folders", NO, puts(Key="bug.txt")),
        Attempt("it copies the victim's file", NO, copies()),
        Attempt("it lists the victim's folder", NO, lists(Prefix=f"{theirs.tenant}/")),
        Attempt("it lists the whole bucket", NO, lists()),
        Attempt("it deletes a file of its own", NO, lambda: s3.delete_object(Bucket=bucket, Key=f"{mine.tenant}/x")),
        Attempt("it uses its key without S3", "AccessDeniedException", key_by_hand),
        Attempt("it becomes the victim", NO, becomes(scene.thief, theirs.tenant)),
        Attempt("the site's role works for no tenant", NO, without_a_tag),
        Attempt("the site's role gets a file", NO, gets(scene.service("s3"))),
        Attempt("the administrator gets a file", NO, gets(scene.admin("s3"))),
    ]


def _signed_put(files: Files) -> None:
    put(files.upload("bug.txt", len(FILE), SUM), FILE)


def _signed_get(files: Files, key: str) -> str:
    url: str = files.s3.generate_presigned_url("get_object", Params={"Bucket": files.bucket, "Key": key})
    return url


def _context(files: Files) -> str:
    return base64.b64encode(json.dumps({"tenant": files.tenant}).encode()).decode()
