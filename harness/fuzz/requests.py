"""Random JSON-RPC requests over HTTP, drawn from the OpenRPC document and from anything at all, against both layers.

A request may be refused, by a code of JSON-RPC or EIP-1474. The server stays up, and what it answers fits the document.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.chain import open_chain
from harness.chain.errors import UnknownSnapshot
from harness.chain.jsonrpc.openrpc import document
from harness.errors import HarnessError, brief
from harness.rpc_conformance.documented import Documented, PackageMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DrawFn, SearchStrategy

CODES = frozenset({3, -32000, -32001, -32003, -32004, -32005, -32601, -32602})
"""What an answer may be refused with. -32603 would be a fault of the chain's own."""

Request = tuple[str, Any]


class BadAnswer(HarnessError):
    """A request had an answer that no request may have; ``reason`` says what is wrong with it."""

    def __init__(self, layer: str, request: Request, reason: str) -> None:
        super().__init__(f"{layer} answers {request[0]} {brief(request[1])} badly: {reason}")
        self.layer = layer
        self.request = request
        self.reason = reason


_CODE = bytes.fromhex("60015460010160015560015f5260205fa0600180600c5f395ff3" + "5b")
"""Creation code that writes a word, emits an event, and leaves one opcode."""


_SECONDS = 60
_SPARE = 64
"""Blocks of L1 that a request may cut off before the rollup's own."""
_SETTING = ("evm_setAutomine", "anvil_setAutomine")


class Target:
    """A layer of a rollup of its own, asked over HTTP until it is closed.

    ``known`` are addresses and hashes that the layer has, by the length of their text.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._stack = ExitStack()
        self._open()

    def _open(self) -> None:
        from harness.rollup.config import RollupConfig
        from harness.testbed.rollup import Rollup

        self._l1 = self._stack.enter_context(open_chain())
        self._rollup = Rollup.deploy(self._l1, RollupConfig())
        self._rollup.fund()
        self._deployed = self._l1.head.number
        self._l1.mine(_SPARE)
        served = self._stack.enter_context(self._rollup.serve())
        url = served.l1 if self.name == "l1" else served.l2
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)
        self._stack.callback(self._connection.close)
        self._begin()

    def _begin(self) -> None:
        chain = self._l1 if self.name == "l1" else self._rollup.l2
        alice, bob = chain.accounts.alice, chain.accounts.bob
        chain.send(sender=alice, to=bob, value=1)
        receipt = chain.send(sender=alice, data=_CODE, check=False)
        addresses = (alice.address, bob.address, receipt.contract_address or alice.address, "0x" + "00" * 20)
        hashes = tuple("0x" + item.hex() for item in (receipt.hash, chain.head.hash, chain.block_at(0).hash))
        self.known: Mapping[int, tuple[str, ...]] = {42: addresses, 66: hashes}
        self._marks = self._l1.snapshot(), self._rollup.snapshot()

    def close(self) -> None:
        """End the servers and the chains."""
        self._stack.close()

    def ask(self, request: Request) -> Any:
        """Return the whole answer."""
        method, params = request
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

    def post(self, body: Any) -> Any:
        """Return the answer to a message; raises ValueError unless it is JSON with status 200."""
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise ValueError(f"the status is {answer.status}")
        return json.loads(content)

    def undo(self, request: Request) -> None:
        """Take back what a request did; chains that a request cut shorter begin anew."""
        if request[0] in _SETTING:
            with suppress(OSError, ValueError, http.client.HTTPException):
                self.ask(("evm_setAutomine", [True]))
        try:
            self._l1.restore(self._marks[0])
            self._rollup.restore(self._marks[1])
        except UnknownSnapshot:
            if self._l1.head.number > self._deployed:
                self._begin()
            else:  # the rollup is gone
                self._stack.close()
                self._open()


@contextmanager
def targets() -> Iterator[tuple[Target, ...]]:
    """Serve two rollups: one is asked for its L1, and one for its L2."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(closing(Target(name))) for name in ("l1", "l2"))


def requests() -> SearchStrategy[Request]:
    """Return a strategy of requests: most fit the document, the others are anything that JSON can say.

    Raises PackageMissing.
    """
    try:
        import hypothesis_jsonschema  # noqa: F401
        from hypothesis import strategies as st
    except ModuleNotFoundError as problem:
        raise PackageMissing(problem.name) from None

    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)  # JSON has no other ones
    scalars = st.none() | st.booleans() | numbers | st.text(max_size=80)
    anything = st.recursive(
        scalars | st.sampled_from(ODD),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    )
    fitting = {method["name"]: _parameters(method) for method in document()["methods"]}
    names = st.sampled_from(sorted(fitting))

    @st.composite
    def request(draw: DrawFn) -> Request:
        name = draw(names)
        how = draw(st.integers(0, 9))
        if how == 0:
            return draw(st.text(max_size=20) | names), draw(anything)
        params = draw(fitting[name])
        if how <= 2 and params:
            params[draw(st.integers(0, len(params) - 1))] = draw(anything)
        return name, params

    return request()


def _parameters(method: Mapping[str, Any]) -> SearchStrategy[list[Any]]:
    """Return a strategy of a method's lists of parameters, with or without those that may be left out."""
    from hypothesis import strategies as st

    each = [_fitting(parameter["schema"]) for parameter in method["params"]]
    least = sum(parameter["required"] for parameter in method["params"])
    return st.one_of(*(st.tuples(*each[:count]).map(list) for count in range(least, len(each) + 1)))


@cache
def _named(name: str) -> SearchStrategy[Any]:
    return _fitting(document()["components"]["schemas"][name])


def _fitting(schema: dict[str, Any]) -> SearchStrategy[Any]:
    """Return a strategy of what fits a schema of the document.

    hypothesis-jsonschema draws objects by a part of Hypothesis that is no more. So only what is no object is left to
    it.
    """
    from hypothesis import strategies as st
    from hypothesis_jsonschema import from_schema

    if "$ref" in schema:
        return st.deferred(lambda: _named(schema["$ref"].rpartition("/")[2]))
    if "anyOf" in schema:
        return st.one_of(*map(_fitting, schema["anyOf"]))
    if schema.get("type") == "array":
        return st.lists(_fitting(schema["items"]), max_size=min(schema.get("maxItems", 4), 4))
    if schema.get("type") != "object":
        return from_schema(schema)
    if "properties" in schema:
        fields = {name: _fitting(each) for name, each in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=fields)
    if "propertyNames" not in schema:
        return st.just({})
    keys = from_schema({"type": "string", **schema["propertyNames"]})
    return st.dictionaries(keys, _fitting(schema["additionalProperties"]), max_size=3)


ODD = (
    "0x", "0X1", "0x00", "0x0g", "0x-1", "-0x1", "0x" + "f" * 65, "0x" + "1" * 4_000, "0x" + "f" * 16, "latest",
    "pending", "1e9", "\ud800", "NaN", 2**64, 2**256, -1, 1e308,
)  # fmt: skip
"""Text and numbers at which readers of numbers stumble."""


def grounded(value: Any, known: Mapping[int, tuple[str, ...]], place: int = 0) -> Any:
    """Return a request's parameters with about half of its addresses and hashes replaced by some that exist."""
    if isinstance(value, list):
        return [grounded(item, known, place + index) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: grounded(item, known, place + index) for index, (key, item) in enumerate(value.items())}
    if isinstance(value, str) and len(value) in known and value[-1:] in "02468aceACE":
        choices = known[len(value)]
        return choices[(place + ord(value[-2])) % len(choices)]
    return value


def check(target: Target, request: Request, documented: Documented) -> int | None:
    """Ask, and undo what that did; return the error's code, None for a result. Raises BadAnswer."""
    name, params = request[0], grounded(request[1], target.known)
    try:
        answer = target.ask((name, params))
    except Exception as problem:
        raise BadAnswer(target.name, (name, params), f"it raises {problem!r}") from problem
    finally:
        target.undo(request)
    error = answer.get("error")
    if error is None:
        reason = documented.misfit(name, answer["result"])
        if reason is not None:
            raise BadAnswer(target.name, (name, params), f"the document has another answer: {reason}")
        return None
    if error["code"] not in CODES or not isinstance(error["message"], str):
        raise BadAnswer(target.name, (name, params), f"its error is {brief(error)}")
    code: int = error["code"]
    return code


def run(seed: int, count: int) -> Counter[int | None]:
    """Ask both layers ``count`` requests in all; return how often each code was answered, None for results.

    Raises BadAnswer for the smallest request that is answered badly, and PackageMissing.
    """
    strategy, documented = requests(), Documented()
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    told: Counter[int | None] = Counter()
    with targets() as opened:

        @seeded(seed)
        @settings(
            max_examples=-(-count // len(opened)), database=None, deadline=None, print_blob=False,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        )  # fmt: skip
        @given(strategy)
        def ask(request: Request) -> None:
            for target in opened:
                told[check(target, request, documented)] += 1

        ask()
    return told
