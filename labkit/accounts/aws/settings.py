"""The owner's AWS settings, by the standard chain, and refused where they lead elsewhere than to AWS.

Reads the environment and AWS's config file through botocore; makes no call.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from ...cloud.core.regions import known_regions
from ...errors import LabError
from ..addresses import only_aws, shown
from ..own_calls import MARK
from ..sessions import new_session
from .standin import VARIABLE, standin
from .words import NO_REGION, in_words

PATIENCE = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, user_agent_extra=MARK)
_MOST_PROFILES = 20  # that take their credentials from one another


@dataclass(frozen=True, slots=True)
class Settings:
    """A boto3 session by the standard chain, the Region that is meant, and the stand-in's address ("" for AWS)."""

    session: boto3.Session
    region: str
    standin: str

    def client(self, service: str, region: str = "") -> Any:
        """Make a client for a look round, before a run begins."""
        where = region or self.region
        if not self.standin:
            return self.session.client(service, region_name=where, config=PATIENCE)
        here = PATIENCE.merge(Config(proxies={}))  # loopback never goes by a proxy
        return self.session.client(service, region_name=where, config=here, endpoint_url=self.standin)

    @property
    def profile(self) -> str:
        """The name of the profile that is used; "" for the default or none."""
        name = self.session.profile_name
        return "" if name == "default" else str(name)


def settings(region: str = "", profile: str = "", environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a real run. LabError where they lead elsewhere, or lack a Region."""
    address = standin(environ)
    if wrong := misleading_variables(environ, address):
        raise LabError(wrong)
    try:
        session = new_session(profile)
        if wrong := misleading_profile(session):
            raise LabError(wrong)
        where = region or environ.get("AWS_REGION") or session.region_name or ""
    except BotoCoreError as problem:
        raise LabError(in_words(problem)) from None
    session.events.register("before-send", only_aws(address))
    if not where:
        raise LabError(NO_REGION)
    if not isinstance(where, str) or where not in known_regions():
        raise LabError(
            f"{where!r} is no AWS Region with KMS; Regions look like us-east-1 or eu-west-3. Labs run in the partition "
            "`aws` only, not in China's, GovCloud or other ones."
        )
    return Settings(session, where, address)


def misleading_variables(environ: Mapping[str, str], address: str) -> str:
    """Say which variable would lead a real run elsewhere; "" if none does."""
    if environ.get("LABKIT_ENDPOINT"):
        return (
            "LABKIT_ENDPOINT names a simulated account, and a real one is asked for. Unset LABKIT_ENDPOINT and "
            "LABKIT_CONTROL_TOKEN, or leave the real account out (LABKIT_ACCOUNT)."
        )
    for name in sorted(environ):
        if name != "AWS_ENDPOINT_URL" and not name.startswith("AWS_ENDPOINT_URL_"):
            continue
        if environ[name] and not (address and environ[name].rstrip("/") == address):
            return (
                f"{name} is {shown(environ[name])}: calls would go there, and the real AWS is meant. Unset {name} "
                "(it may be left over from `labkit serve`; then unset the other variables of it, too)."
            )
    if address and environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return f"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS would lead calls past {VARIABLE}, to AWS. Unset it."
    return ""


def misleading_profile(session: boto3.Session) -> str:
    """Say which line of AWS's config file would lead a real run elsewhere; "" if none does."""
    config = session._session.full_config
    for name, profile in _profiles_in_use(config, session.profile_name):
        if "endpoint_url" in profile:
            return _leads_away(f"endpoint_url = {shown(profile['endpoint_url'])} in profile {name}")
        services = config.get("services", {}).get(profile.get("services", ""), {})
        for service, lines in services.items():
            if isinstance(lines, Mapping) and "endpoint_url" in lines:
                where = f"services {profile['services']}, which profile {name} names: {service}"
                return _leads_away(f"endpoint_url = {shown(lines['endpoint_url'])} in {where}")
    return ""


def _profiles_in_use(config: Mapping[str, Any], first: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The profile, and those that it takes its credentials from."""
    name = first
    for _ in range(_MOST_PROFILES):
        profile = config.get("profiles", {}).get(name)
        if not isinstance(profile, Mapping):
            return
        yield name, profile
        following = profile.get("source_profile", "")
        if not following or following == name:
            return
        name = following


def _leads_away(what: str) -> str:
    return (
        f"Your AWS config file has {what}: calls would go there, and the real AWS is meant. Take the line out, or name "
        f"a profile without it (AWS_PROFILE)."
    )
