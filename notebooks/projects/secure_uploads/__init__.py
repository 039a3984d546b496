"""A web service for file uploads: browsers put files straight into S3, each tenant's under a KMS key of its own.

`files` signs links for one tenant, `sessions` is the AWS session that it signs with, `tenants` knows whose token is
which. `web` is the site (Flask), `page.html` its one page, `serving` runs it on 127.0.0.1. `rules` has all policies.
Plain boto3: it runs on any account (`python -m secure_uploads --help`).
"""

from .files import BadName, BadSum, Files, NoSuchFile, Refused, TooLarge, Upload
from .sessions import tenant_session
from .tenants import Tenant, Tenants, new_token
from .web import create_app

__all__ = [
    "BadName",
    "BadSum",
    "Files",
    "NoSuchFile",
    "Refused",
    "Tenant",
    "Tenants",
    "TooLarge",
    "Upload",
    "create_app",
    "new_token",
    "tenant_session",
]
