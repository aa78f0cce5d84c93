"""Strangers call what only others may call: every guarded function, with arguments of the right types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import in_order
from harness.attack.attack import Attack, Found
from harness.attack.stage import Stage, reason_of
from harness.chain.values.abi import Entry, signature
from harness.chain.values.refusals import TransactionRejected
from harness.contracts.bindings import Contract
from harness.contracts.errors import WrongArguments
from harness.errors import Reverted

UNGUARDED = "the adapter names no function that strangers may not call"
TRIES = 40
"""Calls of one function that differ in arguments and value."""


def strangers(prepare: Callable[[Stage], Sequence[Any]]) -> Attack:
    """Return the attack; ``prepare`` brings the contracts into use and returns ids and amounts that mean something."""

    def play(stage: Stage) -> str:
        if not stage.kind.guarded:
            raise NotApplicable(UNGUARDED)
        known = prepare(stage)
        adapter = stage.adapter
        names = in_order(adapter.guarded)
        if not names:  # a property, which is known only now
            raise NotApplicable(UNGUARDED)
        refused, last = 0, ""
        unreached: list[str] = []
        for contract, entry in _functions(adapter, names):
            said = list(_calls(stage, contract, entry, known))
            reverts = [reason for reason, reached in said if reached]
            if not reverts:
                unreached.append(f"no call of {contract.type.name}.{signature(entry)} was executed: {said[-1][0]}")
                continue
            refused, last = refused + len(reverts), reverts[-1]
        if unreached:
            raise NotApplicable(unreached[0])
        return f"{refused} calls of {len(names)} functions refused, the last: {last}"

    return Attack("strangers call guarded functions", "anybody can do what only some may", play)


def _functions(adapter: Adapter, names: Sequence[str]) -> list[tuple[Contract, Entry]]:
    """Return the guarded functions, each with all its overloads."""
    wanted = [name.rpartition(".") for name in names]
    found = [
        (contract, entry)
        for contract in adapter.attacked()
        for entry in contract.abi
        if entry.get("type") == "function"
        for owner, _, name in wanted
        if name == entry["name"] and owner in ("", contract.type.name)
    ]
    missing = {name for _, _, name in wanted} - {entry["name"] for _, entry in found}
    if missing:
        raise NotApplicable(f"no contract has the guarded function {min(missing)}")
    return found


def _calls(stage: Stage, contract: Contract, entry: Entry, known: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    """Call a function again and again; yield what stopped each call, and whether it was the contract that did."""
    for number in range(TRIES):
        arguments, value = drawn(stage, entry, known, Random(f"{entry['name']} {number}"))
        yield _call(stage, contract, entry, arguments, value)


def _call(stage: Stage, contract: Contract, entry: Entry, arguments: Sequence[Any], value: int) -> tuple[str, bool]:
    stranger = stage.chain.accounts.mallory
    options: dict[str, Any] = {"sender": stranger, "gas": 2_000_000}
    if value:
        options["value"] = value
    mark = stage.chain.snapshot()
    try:
        contract.functions[signature(entry)].transact(*arguments, **options)
    except Reverted as revert:
        return reason_of(revert), True
    except (WrongArguments, TransactionRejected) as problem:  # it never reached the contract, so no guard refused it
        return reason_of(problem), False
    finally:
        stage.chain.restore(mark)
    shown = ", ".join(str(each)[:24] for each in arguments)
    raise Found("the guards", f"{stranger.name} called {contract.type.name}.{entry['name']}({shown}) with {value} wei")


def drawn(stage: Stage, entry: Entry, known: Sequence[Any], random: Random) -> tuple[list[Any], int]:
    """Return arguments of the right types and an amount of wei, from what is known and from edges of the types.

    Known text is an address, and 65 known bytes are a signature.
    """
    amounts = [each for each in known if isinstance(each, int)]
    payable = entry.get("stateMutability") == "payable"
    value = random.choice([0, *amounts]) if payable else 0
    return [_of_type(stage, each, known, random) for each in entry.get("inputs", ())], value


def _of_type(stage: Stage, entry: Any, known: Sequence[Any], random: Random) -> Any:
    kind: str = entry["type"]
    if kind.endswith("]"):
        inner, _, length = kind[:-1].rpartition("[")
        count = int(length) if length else random.randrange(3)
        return [_of_type(stage, {**entry, "type": inner}, known, random) for _ in range(count)]
    if kind == "tuple":
        return tuple(_of_type(stage, each, known, random) for each in entry["components"])
    if kind == "address":
        contracts = [contract.address for contract in stage.adapter.attacked()]
        accounts = [each for each in known if isinstance(each, str)]
        return random.choice([stage.chain.accounts.mallory.address, *contracts, *accounts])
    if kind == "bool":
        return random.random() < 0.5
    if kind == "string":
        return ""
    if kind == "bytes":
        signatures = [each for each in known if isinstance(each, bytes) and len(each) == 65]
        return random.choice(signatures) if signatures else b""
    if kind.startswith("bytes"):
        size = int(kind[5:])
        words = [each for each in known if isinstance(each, bytes) and len(each) != 65]
        return random.choice(words or [bytes(32)])[:size].ljust(size, b"\0")
    bits = int(kind.removeprefix("uint").removeprefix("int") or 256)
    if bits == 8:  # many are enums, of which few values mean something
        return random.randrange(3)
    most = (1 << (bits - kind.startswith("int"))) - 1
    return random.choice(
        [each for each in (0, 1, 2, stage.chain.now, *known) if isinstance(each, int) and each <= most]
    )
