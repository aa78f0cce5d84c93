"""The connection to a node: it stays open, and what may have been done already is not sent again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from web3.datastructures import AttributeDict

from harness.chain.errors import RpcError, RpcUnreachable
from harness.chain.nodes.client import NodeAnswer, NodeClient


class Node(ThreadingHTTPServer):
    """A node that answers with what it was asked, and hangs up instead when ``hang_ups`` says so."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = 0
        self.bodies: list[Any] = []
        self.hang_ups = 0
        self.status = 200
        self.next_url: str | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may drop its connection."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Node

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        if self.server.hang_ups:
            self.server.hang_ups -= 1
            self.close_connection = True
            return
        answer = json.dumps([self.reply(one) for one in reversed(body)] if isinstance(body, list) else self.reply(body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        if self.server.next_url is not None:
            self.send_header("Location", self.server.next_url)
        self.end_headers()
        self.wfile.write(answer.encode())

    def reply(self, body: Any) -> Any:
        if body["method"] == "anonymous":
            return {"id": None, "result": []}
        if body["method"] == "other":
            return {"id": body["id"] + 1, "result": []}
        if body["method"] == "unreadable":
            return {"id": None, "error": {"code": -32700, "message": "no JSON"}}
        if body["method"] == "fail":
            return {"id": body["id"], "error": {"code": 3, "message": "no", "data": "0x12"}}
        return {"id": body["id"], "result": [body["method"], body["params"]]}

    def log_message(self, *args: Any) -> None:
        return None


@pytest.fixture
def node() -> Iterator[Node]:
    with Node() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


other = node
"""A second node."""


def test_requests_share_a_connection(node: Node) -> None:
    client = NodeClient(node.url)
    for number in range(5):
        assert client.rpc("eth_getBalance", number) == ["eth_getBalance", [number]]
    client.batch(("eth_call", ()), ("evm_mine", ()))
    assert node.connections == 1


def test_a_batch_is_one_exchange_whatever_the_order_of_its_answers(node: Node) -> None:
    found = NodeClient(node.url).batch(("eth_call", ("a",)), ("evm_mine", ("b",)))
    assert found == [["eth_call", ["a"]], ["evm_mine", ["b"]]]
    assert len(node.bodies) == 1


def test_an_error_of_the_node_is_its_answer(node: Node) -> None:
    client = NodeClient(node.url)
    for ask in (lambda: client.rpc("fail"), lambda: client.batch(("eth_call", ()), ("fail", ()))):
        with pytest.raises(NodeAnswer) as caught:
            ask()
        assert (caught.value.method, caught.value.code, caught.value.data) == ("fail", 3, "0x12")
        assert isinstance(caught.value, RpcError)


@pytest.mark.parametrize("wanted", [("anonymous", "eth_call"), ("anonymous", "anonymous")])
def test_a_batch_without_an_answer_to_each_request_is_no_answer(node: Node, wanted: tuple[str, ...]) -> None:
    with pytest.raises(RpcUnreachable, match="expected 2 answers to a batch"):
        NodeClient(node.url).batch(*((method, ()) for method in wanted))


@pytest.mark.parametrize("method", ["other", "anonymous"])
def test_the_answer_to_another_request_is_no_answer(node: Node, method: str) -> None:
    with pytest.raises(RpcUnreachable, match="expected the answer to request 1, got"):
        NodeClient(node.url).rpc(method)


def test_no_two_requests_of_a_client_have_one_id(node: Node) -> None:
    client = NodeClient(node.url)
    client.rpc("eth_chainId")
    client.batch(("eth_call", ()), ("eth_call", ()))
    client.rpc("eth_chainId")
    first, (second, third), fourth = node.bodies
    assert len({body["id"] for body in (first, second, third, fourth)}) == 4


def test_the_error_of_a_node_that_could_not_read_the_request_has_no_id(node: Node) -> None:
    with pytest.raises(NodeAnswer, match="no JSON"):
        NodeClient(node.url).rpc("unreadable")


@pytest.mark.parametrize("method", ["eth_chainId", "eth_sendRawTransaction"])
@pytest.mark.parametrize(("status", "asked"), [(307, 3), (308, 1)])
def test_a_request_follows_a_node_that_moved(node: Node, other: Node, method: str, status: int, asked: int) -> None:
    node.status, node.next_url = status, other.url + "/there"
    client = NodeClient(node.url)
    for _ in range(3):
        assert client.rpc(method, "a") == [method, ["a"]]
    assert (len(node.bodies), len(other.bodies)) == (asked, 3), "only a permanent move is remembered"


def test_a_node_may_name_its_new_place_by_the_path_alone(node: Node) -> None:
    node.status, node.next_url = 308, "/there"
    with pytest.raises(RpcUnreachable, match=f"more than 5 redirects, the last to {node.url}/there"):
        NodeClient(node.url).rpc("eth_chainId")
    assert len(node.bodies) == 6


@pytest.mark.parametrize(("status", "told"), [(301, True), (302, True), (303, True), (300, False), (308, False)])
def test_a_redirect_that_drops_the_request_is_named(node: Node, other: Node, status: int, told: bool) -> None:
    node.status, node.next_url = status, other.url if told else None
    with pytest.raises(RpcUnreachable, match=f"redirect {status} to {node.next_url}, expected one of"):
        NodeClient(node.url).rpc("eth_sendRawTransaction", "0x")
    assert not other.bodies


@pytest.mark.parametrize("method", ["eth_getBalance", "eth_call", "eth_chainId", "debug_traceTransaction"])
def test_a_read_is_sent_again_where_the_node_hung_up(node: Node, method: str) -> None:
    client = NodeClient(node.url)
    client.rpc("eth_chainId")
    node.hang_ups = 1
    assert client.rpc(method) == [method, []]
    node.hang_ups = 1
    assert client.batch((method, ()), ("eth_call", ())) == [[method, []], ["eth_call", []]]


@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "evm_mine", "anvil_setCode", "eth_getFilterChanges"])
def test_what_changes_something_is_sent_once(node: Node, method: str) -> None:
    client = NodeClient(node.url)
    client.rpc("eth_chainId")
    for ask in (lambda: client.rpc(method), lambda: client.batch(("eth_call", ()), (method, ()))):
        node.bodies.clear()
        node.hang_ups = 1
        with pytest.raises(RpcUnreachable, match=node.url):
            ask()
        assert len(node.bodies) == 1


def test_a_node_that_hangs_up_on_each_request_is_unreachable(node: Node) -> None:
    node.hang_ups = 9
    with pytest.raises(RpcUnreachable):
        NodeClient(node.url).rpc("eth_chainId")
    assert len(node.bodies) == 2


def test_a_refusal_of_the_server_is_named(node: Node) -> None:
    node.status = 429
    with pytest.raises(RpcUnreachable, match="429"):
        NodeClient(node.url).rpc("eth_chainId")


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://"])
def test_a_url_of_another_kind_is_unreachable(url: str) -> None:
    with pytest.raises(RpcUnreachable):
        NodeClient(url).rpc("eth_chainId")


def test_values_of_web3_become_json(node: Node) -> None:
    request = AttributeDict({"to": b"\x12\x34", "list": [b"\x01"]})
    assert NodeClient(node.url).ask("eth_call", [request])["result"][1] == [{"to": "0x1234", "list": ["0x01"]}]
