"""What a port does with requests that are too much, that come from elsewhere, or that are none."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.serve.limits import Limits
from harness.serve.outbox import MOST_BYTES
from harness.testbed.rollup import Rollup
from tests.support.clients import ask, post, socket_to
from tests.support.ends import PATIENCE

GOOD = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


@pytest.fixture(scope="module")
def url(rollup: Rollup) -> Any:
    with rollup.serve() as served:
        yield served.l2


def sent(url: str, value: Any, **headers: str) -> tuple[int, Any]:
    status, body = post(url, value if isinstance(value, bytes) else json.dumps(value).encode(), **headers)
    return status, json.loads(body) if body[:1] in (b"{", b"[") else body


def test_a_body_above_the_limit_is_refused_and_the_server_goes_on(url: str) -> None:
    assert sent(url, b" " * (Limits().body + 1))[0] == 413
    assert ask(url, "eth_chainId") == hex(901)


def test_a_batch_and_a_depth_above_the_limit_are_refused(url: str) -> None:
    assert sent(url, [GOOD] * (Limits().batch + 1))[1]["error"]["code"] == -32600
    assert sent(url, b"[" * 10_000 + b"]" * 10_000)[1]["error"]["code"] == -32700
    assert len(sent(url, [GOOD] * Limits().batch)[1]) == Limits().batch


def test_a_notification_is_done_and_not_answered(url: str) -> None:
    assert sent(url, {"jsonrpc": "2.0", "method": "eth_chainId"}) == (204, b"")
    assert sent(url, [{"jsonrpc": "2.0", "method": "eth_chainId"}] * 2) == (204, b"")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_stranger_is_refused_over_http_and_websocket(url: str, headers: dict[str, str]) -> None:
    status, body = sent(url, GOOD, **headers)
    assert status == 403
    assert next(iter(headers)).encode() in body
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    connection.request("GET", "/", headers={**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **headers})
    assert connection.getresponse().status == 403


def test_a_page_of_loopback_may_read_the_answer(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    origin = {"Origin": "http://localhost:3000"}
    connection.request("OPTIONS", "/", headers={**origin, "Access-Control-Request-Method": "POST"})
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "http://localhost:3000")
    connection.request("POST", "/", json.dumps(GOOD), {**origin, "Content-Type": "application/json"})
    assert connection.getresponse().headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_bytes_over_websocket_are_read_as_text_is(url: str) -> None:
    with socket_to(url) as found:
        found.connection.send(json.dumps(GOOD).encode())
        assert json.loads(found.connection.recv(timeout=PATIENCE))["result"] == hex(901)


def test_an_answer_above_what_may_wait_comes_whole_over_websocket(rollup: Rollup) -> None:
    address = rollup.portal.address
    code = {**GOOD, "method": "eth_getCode", "params": [address, "latest"]}
    with socket_to(rollup.serve().l1, max_size=None) as found:
        size = len(found.ask("eth_getCode", address, "latest"))
        count = MOST_BYTES // size + 2
        assert count <= Limits().batch
        found.connection.send(json.dumps([code] * count))
        answers = found.connection.recv(timeout=PATIENCE)
        assert len(answers) > MOST_BYTES
        assert len(json.loads(answers)) == count
        assert found.ask("eth_chainId") == hex(rollup.l1.chain_id)


def test_who_hangs_up_in_the_midst_holds_nobody_up(url: str) -> None:
    place = urlsplit(url)
    for part in (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", b"GARBAGE\r\n\r\n"):
        with socket.create_connection((place.hostname, place.port)) as connection:  # type: ignore[arg-type]
            connection.sendall(part)
    assert ask(url, "eth_chainId") == hex(901)


def test_no_packet_waits_for_another(rollup: Rollup) -> None:
    """A socket whose protocol is not named keeps Nagle's algorithm, which costs 40 ms a request."""
    from harness.serve.server import Listening

    listening = Listening.on("127.0.0.1", {"L1": 0})
    try:
        assert listening.sockets["L1"].proto == socket.IPPROTO_TCP
    finally:
        listening.close()
