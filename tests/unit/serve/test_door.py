"""Who may come in."""

from __future__ import annotations

import pytest

from harness.serve.door import Door

DOOR = Door.of(["Box.example"], ["https://Dapp.example/"])


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8545", "127.0.0.1:8545", "127.9.9.9", "[::1]:9545", "LOCALHOST", "box.example:80"]
)
def test_loopback_and_named_hosts_come_in(host: str) -> None:
    assert DOOR.refusal(host, None) is None


@pytest.mark.parametrize(
    "host", [None, "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::1", "a b"]
)
def test_other_hosts_do_not(host: str | None) -> None:
    """A name of the attacker's that leads to loopback (DNS rebinding) is one of these."""
    assert "Host" in str(DOOR.refusal(host, None))


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "https://localhost", "http://127.0.0.1:5173", "http://[::1]:1", "https://dapp.example"],
)
def test_pages_of_loopback_and_named_ones_come_in(origin: str) -> None:
    assert DOOR.refusal("localhost", origin) is None


@pytest.mark.parametrize("origin", ["Titanoboa", "my-tool_2.0"])
def test_a_program_that_names_itself_as_the_origin_comes_in(origin: str) -> None:
    """No browser writes an origin without a scheme but "null"."""
    assert DOOR.refusal("localhost", origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "NULL",
        "null null",
        "Titanoboa https://evil.example",
        "evil.example:80",
        "Titanoboa\n",
        "file://",
        "chrome-extension://abc",
        "",
        "https://evil.example",
        "http://localhost.evil.example",
        "ftp://localhost",
        "http://dapp.example",
        "http://[::1",
    ],
)
def test_other_pages_do_not(origin: str) -> None:
    assert "Origin" in str(DOOR.refusal("localhost", origin))


def test_a_star_lets_every_page_in() -> None:
    assert Door.of([], ["*"]).refusal("localhost", "https://anybody.example") is None
