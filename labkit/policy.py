"""Policies without an account: `labkit.policy.simulate` answers for policies that you write or read off an account."""

from .cloud.policy import Explanation, Grant, GrantConstraints, simulate

__all__ = ["Explanation", "Grant", "GrantConstraints", "simulate"]
