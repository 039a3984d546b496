"""A lab's own calls ask no proxy, however the machine's owner spells the variables."""

from __future__ import annotations

import urllib.request

import pytest

from labkit.accounts.environment import past_the_proxy
from labkit.commands.serve import _past_the_proxy

PROXY = {"http_proxy": "http://proxy.example:3128", "HTTP_PROXY": "http://proxy.example:3128"}


@pytest.mark.parametrize("owners", [
    {}, {"NO_PROXY": ".corp.example"}, {"no_proxy": ".corp.example"}, {"no_proxy": "127.0.0.1"}, {"NO_PROXY": "*"},
    {"NO_PROXY": "a.example", "no_proxy": ".corp.example"}, {"NO_PROXY": "127.0.0.1", "no_proxy": ".corp.example"},
    {"NO_PROXY": "", "no_proxy": " .corp.example , a.example"}, {"no_proxy": "*"}, {"no_proxy": "127.0.0.10"},
])  # fmt: skip
def test_no_proxy_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, owners: dict[str, str]) -> None:
    """As Python reads the variables, and a program that reads one alone; the owner's hosts stay, and twice is once."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (PROXY | owners).items():
        monkeypatch.setenv(name, value)
    bypass = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    hosts = ("x.corp.example", "a.example", "else.example")
    before = [bool(bypass(host)) for host in hosts]
    chosen = past_the_proxy(owners)
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
        assert {"127.0.0.1", "*"} & {each.strip() for each in value.split(",")}
        assert owners.get(name, "") in value
    assert bypass("127.0.0.1:4566")
    assert [bool(bypass(host)) for host in hosts] == before
    assert past_the_proxy(chosen) == chosen


def test_serve_says_so_where_there_is_a_proxy() -> None:
    """And nothing of it where there is none."""
    assert _past_the_proxy({"https_proxy": "http://proxy.example", "NO_PROXY": "x"}) == []
    said = _past_the_proxy(PROXY | {"no_proxy": "a b"})
    assert said == ["export NO_PROXY='a b,127.0.0.1' no_proxy='a b,127.0.0.1'"]
