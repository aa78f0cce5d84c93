"""Strangers call what only others may call: every guarded function, with arguments of the right types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack, Found
from harness.attack.stage import Stage, reason_of
from harness.contracts.bindings import Contract
from harness.errors import HarnessError, Reverted

TRIES = 40
"""Calls of one function that differ in arguments and value."""


def strangers(prepare: Callable[[Stage], Sequence[Any]]) -> Attack:
    """Return the attack; ``prepare`` brings the contracts into use and returns ids and amounts that mean something."""

    def play(stage: Stage) -> str:
        adapter = stage.adapter
        names = adapter.guarded
        if not names:
            raise NotApplicable("the adapter names no function that strangers may not call")
        known = prepare(stage)
        refused, last = 0, ""
        for contract, name in _functions(adapter, names):
            for number in range(TRIES):
                arguments, value = drawn(stage, contract, name, known, Random(f"{name} {number}"))
                last = _call(stage, contract, name, arguments, value)
                refused += 1
        return f"{refused} calls of {len(names)} functions refused, the last: {last}"

    return Attack("strangers call guarded functions", "anybody can do what only some may", play)


def _functions(adapter: Adapter, names: Sequence[str]) -> list[tuple[Contract, str]]:
    wanted = [name.rpartition(".") for name in names]
    found = [
        (contract, name)
        for contract in adapter.attacked()
        for owner, _, name in wanted
        if name in contract.functions and owner in ("", contract.type.name)
    ]
    missing = {name for _, _, name in wanted} - {name for _, name in found}
    if missing:
        raise NotApplicable(f"no contract has the guarded function {min(missing)}")
    return found


def _call(stage: Stage, contract: Contract, name: str, arguments: Sequence[Any], value: int) -> str:
    stranger = stage.chain.accounts.mallory
    options: dict[str, Any] = {"sender": stranger, "gas": 2_000_000}
    if value:
        options["value"] = value
    mark = stage.chain.snapshot()
    try:
        contract.functions[name].transact(*arguments, **options)
    except Reverted as revert:
        return reason_of(revert)
    except HarnessError as problem:  # a function that takes no ether
        return reason_of(problem)
    finally:
        stage.chain.restore(mark)
    shown = ", ".join(str(each)[:24] for each in arguments)
    raise Found("the guards", f"{stranger.name} called {contract.type.name}.{name}({shown}) with {value} wei")


def drawn(stage: Stage, contract: Contract, name: str, known: Sequence[Any], random: Random) -> tuple[list[Any], int]:
    """Return arguments of the right types and an amount of wei, from what is known and from edges of the types."""
    entry = next(each for each in contract.abi if each.get("type") == "function" and each["name"] == name)
    amounts = [each for each in known if isinstance(each, int)]
    payable = entry.get("stateMutability") == "payable"
    value = random.choice([0, *amounts]) if payable else 0
    return [_of_type(stage, each, known, random) for each in entry.get("inputs", ())], value


def _of_type(stage: Stage, entry: Any, known: Sequence[Any], random: Random) -> Any:
    kind: str = entry["type"]
    if kind.endswith("]"):
        inner = {**entry, "type": kind[: kind.rindex("[")]}
        return [_of_type(stage, inner, known, random) for _ in range(random.randrange(3))]
    if kind == "tuple":
        return tuple(_of_type(stage, each, known, random) for each in entry["components"])
    if kind == "address":
        contracts = [contract.address for contract in stage.adapter.attacked()]
        return random.choice([stage.chain.accounts.mallory.address, *contracts])
    if kind == "bool":
        return random.random() < 0.5
    if kind in ("bytes", "string"):
        return b"" if kind == "bytes" else ""
    if kind.startswith("bytes"):
        size = int(kind[5:])
        return random.choice([each for each in known if isinstance(each, bytes)] or [bytes(32)])[:size].ljust(
            size, b"\0"
        )
    bits = int(kind.removeprefix("uint").removeprefix("int") or 256)
    few = [0, 1, 2, stage.chain.now, *[each for each in known if isinstance(each, int) and each < 1 << (bits - 1)]]
    return random.choice(few) if bits > 8 else random.randrange(3)
