"""Releases of a function: each is a Lambda version with its own sealed configuration. Touches KMS and Lambda.

A version is never changed again, neither its code nor its variables. The alias `live` says which one is used: to deploy
is to publish a version and to move the alias; to roll back is to move the alias.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import Settings, seal_config

ALIAS = "live"
CODE = Path(__file__).with_name("function.py")


def package() -> bytes:
    """Zip function.py. The fixed date makes it the same each time."""
    file, packed = zipfile.ZipInfo("function.py", (2026, 1, 1, 0, 0, 0)), io.BytesIO()
    file.external_attr = 0o644 << 16  # Lambda's own user must be able to read it
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(file, CODE.read_bytes())
    return packed.getvalue()


@dataclass(frozen=True)
class Releases:
    """One function's releases. `kms` seals, `functions` is a client of Lambda: both are the deployer's."""

    function: str
    key_id: str
    kms: Any
    functions: Any

    def create(self, role: str, functions: Any) -> str:
        """Make the function with the code of function.py. `functions` is a client that may: deployers may not."""
        made = functions.create_function(
            FunctionName=self.function,
            Role=role,
            Code={"ZipFile": package()},
            Runtime="python3.13",
            Handler="function.handler",
            Timeout=30,
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=self.function)
        return str(made["FunctionArn"])

    def deploy(self, release: str, settings: Settings) -> str:
        """Seal the settings for this release, publish a version with them, move the alias; answer the version."""
        sealed = seal_config(self.kms, self.key_id, self.function, release, settings)
        return self.deploy_sealed(release, sealed)

    def deploy_sealed(self, release: str, sealed: str) -> str:
        """Publish a version with a configuration that is sealed already, and move the alias."""
        variables = {"CONFIG": sealed, "RELEASE": release, "KEY_ID": self.key_id}
        self.functions.update_function_configuration(
            FunctionName=self.function, Environment={"Variables": variables}, Description=release
        )
        self.functions.get_waiter("function_updated_v2").wait(FunctionName=self.function)
        version = str(self.functions.publish_version(FunctionName=self.function, Description=release)["Version"])
        self._point_at(version)
        return version

    def roll_back(self, release: str) -> str:
        """Let the alias lead to an earlier release; answer its version. LookupError if there is none."""
        version = self.versions().get(release)
        if version is None:
            raise LookupError(f"{self.function} has no release {release}.")
        self._point_at(version)
        return version

    def versions(self) -> dict[str, str]:
        """The version of each release; of one that was deployed twice, the later one."""
        pages = self.functions.get_paginator("list_versions_by_function").paginate(FunctionName=self.function)
        found = [each for page in pages for each in page["Versions"] if each["Version"] != "$LATEST"]
        return {each["Description"]: each["Version"] for each in sorted(found, key=lambda each: int(each["Version"]))}

    def _point_at(self, version: str) -> None:
        place = {"FunctionName": self.function, "Name": ALIAS, "FunctionVersion": version}
        try:
            self.functions.update_alias(**place)
        except self.functions.exceptions.ResourceNotFoundException:
            self.functions.create_alias(**place)
