"""The wraps are there from the start, and what is slow to load is loaded when it is first called."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, boto3, labkit
lab = labkit.start("registry")
slow = [name for name in ("moto.ec2", "moto.ssm") if name in sys.modules]
assert not slow, slow
boto3.client("ssm").put_parameter(Name="a", Value="b", Type="SecureString")
assert [e["eventName"] for e in lab.events()][-2:] == ["Encrypt", "PutParameter"]
"""


def test_slow_services_are_loaded_on_first_use() -> None:
    """Starting a lab loads neither EC2 nor what brings it along; the first call does, and its key is used."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=120)
