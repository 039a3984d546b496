"""Run the real `terraform` on an account: apply, plan, change, import, destroy, as a role with no more than it needs.

    python -m tools.run_terraform            all configurations
    python -m tools.run_terraform kms s3     these
    python -m tools.run_terraform --record   and write the provider's calls into tests/terraform/calls/

It needs the `terraform` command and the AWS provider, which `terraform init` downloads. Where it can't, name a mirror
in the file that Terraform's own variable TF_CLI_CONFIG_FILE names. The suite does not run this: Terraform comes from no
package registry that it may ask. What it replays instead are the calls that were recorded here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.core.entropy import Entropy
from labkit.cloud.doors.doors import Server
from labkit.xks.proxy import Proxy

from . import recorded_calls
from .recorded_calls import Recorder

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATIONS = ROOT / "tests" / "terraform"
CALLS = CONFIGURATIONS / "calls"
EXAMPLE = ROOT / "examples" / "terraform"
PROXY = "https://xks.example.com"
ROLE, REGION = "Terraform", "us-east-1"
# Needed beside what calls ask for: a function's role is passed, and who makes a key must be able to change its policy.
BESIDE = {"iam:PassRole", "kms:PutKeyPolicy"}
KEPT = ("HOME", "PATH", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TMPDIR")
# What no API tells, so that an import can't know it: the provider's documentation says so of each.
UNTOLD = {
    "bypass_policy_lockout_safety_check", "deletion_window_in_days", "force_delete", "force_destroy", "grant_token",
    "key_material_base64", "name_prefix", "recovery_window_in_days", "retire_on_delete", "skip_destroy",
    "force_overwrite_replica_secret", "grant_creation_tokens", "policy", "filename", "publish", "source_code_hash",
    "content", "timeouts", "confirmation_timeout_in_minutes", "endpoint_auto_confirms", "key_store_password",
    "xks_proxy_authentication_credential",
}  # fmt: skip

# What an import wants where it is not the id of the state, as each resource's documentation has it.
_ID = {
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_s3_object": "{bucket}/{key}",
}


class Failed(Exception):
    """What terraform said where it should have gone well."""


@dataclass(frozen=True, slots=True)
class Terraform:
    """The command in one folder, with what it needs to find the account."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, ends: tuple[int, ...] = (0,)) -> str:
        """Run it; Failed where it exits otherwise."""
        command = ["terraform", *arguments]
        run = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if run.returncode not in ends:
            raise Failed(f"terraform {' '.join(arguments)} exited with {run.returncode}:\n{run.stderr}")
        return run.stdout

    def changes(self) -> list[str]:
        """Plan, and list what would be changed: `address: actions (attributes)`."""
        self("plan", "-input=false", "-no-color", "-parallelism=1", "-out=planned")
        planned = json.loads(self("show", "-json", "planned"))
        found = []
        for each in planned.get("resource_changes", ()):
            change = each["change"]
            if each["mode"] == "data" or change["actions"] == ["no-op"]:
                continue
            before, after = change["before"] or {}, change["after"] or {}
            computed = change.get("after_unknown") or {}
            names = sorted(
                name
                for name in {*before, *after}
                if name not in computed and _full(before.get(name)) != _full(after.get(name))
            )
            found.append(f"{each['address']}: {'+'.join(change['actions'])} ({', '.join(names)})")
        return found


def _full(value: Any) -> Any:
    """Leave out what is empty: Terraform keeps the unset now as null, now as an empty map."""
    if isinstance(value, dict):
        return {name: _full(item) for name, item in value.items() if not _empty(item)}
    return [_full(item) for item in value] if isinstance(value, list) else None if _empty(value) else value


def _empty(value: Any) -> bool:
    return value in (None, "", [], {}, False)


@contextmanager
def account() -> Iterator[tuple[Server, Recorder]]:
    """Serve an account of the default seed in this process, and record what is asked of it."""
    cloud = Cloud("terraform", REGION)
    server, recorder = Server(cloud), Recorder()
    server.start()
    cloud.gateway.noted.append(recorder.note)
    try:
        yield server, recorder
    finally:
        server.close()


def key_store_proxy(cloud: Cloud) -> Proxy:
    """Start an external key store proxy that the account's KMS finds; it draws the same credential each time."""
    proxy = Proxy(entropy=Entropy("terraform/xks")).start()
    cloud.xks.map(PROXY, proxy.endpoint)
    return proxy


def credentials(server: Server, policy: str) -> dict[str, str]:
    """Make the role that Terraform works as, with this policy and no more; a session's variables."""
    keys = server.cloud.accounts[0]
    admin = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION)
    iam = admin.client("iam", endpoint_url=server.endpoint)
    root = {"AWS": f"arn:aws:iam::{keys.account_id}:root"}
    trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document, MaxSessionDuration=43200)["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="needed", PolicyDocument=policy)
    sts = admin.client("sts", endpoint_url=server.endpoint)
    given = sts.assume_role(RoleArn=arn, RoleSessionName="terraform", DurationSeconds=43200)["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def imports(state: dict[str, Any]) -> str:
    """Write import blocks for all that a state holds and that can be imported."""
    blocks = []
    for each in state.get("values", {}).get("root_module", {}).get("resources", ()):
        if each["mode"] != "managed" or each["type"] in ("aws_kms_ciphertext", "terraform_data"):
            continue
        known = json.dumps(_ID.get(each["type"], "{id}").format(**each["values"]))
        provider = "  provider = aws.west\n" if each["address"].endswith(".west") else ""
        blocks.append(f"import {{\n  to = {each['address']}\n  id = {known}\n{provider}}}\n")
    return "\n".join(blocks)


def steps(folder: Path, work: Path, environment: dict[str, str], recorder: Recorder) -> Iterator[tuple[str, list[str]]]:
    """Take a configuration through its life; each step's name, and what is wrong."""
    shutil.copytree(folder, work / "first")
    shutil.copytree(folder, work / "second")
    first = Terraform(work / "first", environment)
    first("init", "-input=false", "-no-color")
    for name, number in (("create", "1"), ("change", "2")):
        recorder.step = name
        environment["TF_VAR_round"] = number
        wrong = [] if name == "create" or first.changes() else ["the plan of a change has no changes"]
        first("apply", "-input=false", "-no-color", "-auto-approve", "-parallelism=1")
        yield name, wrong
        recorder.step = ""  # what a plan reads, the next step reads again
        yield f"plan after {name}", first.changes()
    second = Terraform(work / "second", environment)
    (second.folder / "imports.tf").write_text(imports(json.loads(first("show", "-json"))), encoding="utf-8")
    second("init", "-input=false", "-no-color")
    recorder.step = "import"
    yield "import", [each for each in second.changes() if not _is_untold(each)]
    recorder.step = "destroy"
    first("destroy", "-input=false", "-no-color", "-auto-approve", "-parallelism=1")
    left = json.loads(first("show", "-json")).get("values", {}).get("root_module", {}).get("resources", [])
    yield "destroy", [each["address"] for each in left]


def _is_untold(change: str) -> bool:
    """Tell whether a plan after an import names nothing but what no API tells."""
    address, actions, names = re.fullmatch(r"(\S+): (\S+) \((.*)\)", change).groups()  # type: ignore[union-attr]
    if "ciphertext" in address:
        return bool(actions == "create")
    return set(names.split(", ")) <= UNTOLD | {"", "id", "tags_all"} | ({"arn"} if "delete" in actions else set()) or (
        "external" in address and actions == "delete+create"
    )


def run(folder: Path, record: bool) -> bool:
    """Run one configuration, print a line a step; whether all went well."""
    policy = (folder / "policy.json").read_text(encoding="utf-8")
    good = True
    with account() as (server, recorder), tempfile.TemporaryDirectory() as work:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {
            **credentials(server, policy),
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CHECKPOINT_DISABLE": "1",
        }
        proxy = key_store_proxy(server.cloud)
        credential = proxy.credential.for_kms
        environment["TF_VAR_proxy"] = json.dumps(
            {
                "endpoint": PROXY,
                "path": proxy.uri_path,
                "id": credential["AccessKeyId"],
                "secret": credential["RawSecretAccessKey"],
            }
        )
        began = time.monotonic()
        try:
            for name, wrong in steps(folder, Path(work), environment, recorder):
                good &= not wrong
                said = "; ".join(wrong) or "as it should be"
                print(f"{folder.name:12} {name:20} {time.monotonic() - began:6.1f} s  {said}", flush=True)
        except Failed as failed:
            print(f"{folder.name:12} {failed}")
            good = False
        proxy.stop()
        asked = sorted({need for each in recorder.calls for need in each.needs}.union(recorder.inner) - BESIDE)
        allowed = sorted(actions_of(policy) - BESIDE)
        if allowed != asked:
            good = False
            print(f"{folder.name:12} policy.json allows what was never asked for: {sorted(set(allowed) - set(asked))}")
            print(f"{folder.name:12} was asked for, and is not in policy.json: {sorted(set(asked) - set(allowed))}")
        if record:
            versions = json.loads(Terraform(Path(work) / "first", environment)("version", "-json"))
            about = {
                "terraform": versions["terraform_version"],
                "provider": versions["provider_selections"],
                "configuration": str(folder.relative_to(ROOT)),
                "sha256": fingerprint(folder),
                "inner": sorted(recorder.inner),
            }
            recorded_calls.write(CALLS / f"{folder.name}.jsonl", about, recorder.calls)
    return good


def fingerprint(folder: Path) -> str:
    """Hash what Terraform reads of a configuration."""
    files = sorted(folder.glob("*.tf"))
    return hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()


def actions_of(policy: str) -> set[str]:
    """List the actions that a policy allows."""
    return {action for each in json.loads(policy)["Statement"] for action in _listed(each["Action"])}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def main() -> int:
    """Run what the command line names; 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="configurations: folders of tests/terraform/, or example")
    parser.add_argument("--record", action="store_true", help="write the calls into tests/terraform/calls/")
    given = parser.parse_args()
    if shutil.which("terraform") is None:
        print("There is no terraform command: https://developer.hashicorp.com/terraform/install", file=sys.stderr)
        return 2
    folders = [EXAMPLE, *(each.parent for each in sorted(CONFIGURATIONS.glob("*/main.tf")))]
    chosen = [each for each in folders if each.is_dir() and (not given.names or each.name in given.names)]
    went = [run(each, given.record) for each in chosen]
    return 0 if all(went) else 1


if __name__ == "__main__":
    sys.exit(main())
