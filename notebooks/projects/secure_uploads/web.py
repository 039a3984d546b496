"""The site: one page, and three calls that the page makes. It never sees a file: it signs links, as the tenant.

POST /api/uploads {name, size, sha256}  →  {url, headers}, for a PUT to S3
GET  /api/files                         →  [{name, size}, …]
POST /api/downloads {name}              →  {url}, for a GET from S3
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from importlib.resources import files as files_of_package
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from .files import Files, NoSuchFile, Refused
from .tenants import Tenant, Tenants

LARGEST_QUESTION = 10_000


class NotSignedIn(Refused):
    """Send your token: `Authorization: Bearer …`."""


STATUS: dict[type[Refused], int] = {NotSignedIn: 401, NoSuchFile: 404}


def create_app(tenants: Tenants, files_of: Callable[[Tenant], Files], storage: str) -> Flask:
    """Make the site. `files_of` opens a tenant's files; `storage` is the origin of S3, which the page may talk to."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_QUESTION, TRUSTED_HOSTS=["127.0.0.1"])
    page = files_of_package(__package__).joinpath("page.html").read_text(encoding="utf-8")

    @app.before_request
    def sign_in() -> None:
        """Find out whose token it is; everything under /api is for tenants."""
        if not request.path.startswith("/api/"):
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        tenant = tenants.of_token(token) if kind == "Bearer" else None
        if tenant is None:
            raise NotSignedIn(NotSignedIn.__doc__)
        g.files = files_of(tenant)

    @app.get("/")
    def show_page() -> Response:
        nonce = secrets.token_urlsafe(16)  # no script runs but the page's own
        rules = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self' {storage}"
        )
        answer = Response(page.replace("{{nonce}}", nonce), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = (
            f"{rules}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return answer

    @app.post("/api/uploads")
    def upload() -> Response:
        told = _told()
        return jsonify(asdict(g.files.upload(told.get("name"), told.get("size"), told.get("sha256"))))

    @app.get("/api/files")
    def listed() -> Response:
        return jsonify([{"name": name, "size": size} for name, size in g.files.listed()])

    @app.post("/api/downloads")
    def download() -> Response:
        return jsonify(url=g.files.download(str(_told().get("name"))))

    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify(error=type(error).__name__, message=str(error)), STATUS.get(type(error), 400)

    @app.errorhandler(HTTPException)
    def not_found(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=type(error).__name__, message=str(error.description)), error.code or 500

    @app.after_request
    def careful(answer: Response) -> Response:
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return app


def _told() -> dict[str, Any]:
    """The object in the body; {} for anything else."""
    told = request.get_json(silent=True)
    return told if isinstance(told, dict) else {}
