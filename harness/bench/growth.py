"""Straight lines: costs that must not grow faster than what they measure, over two decades and more.

Each is processor time of one run, so a curve can be compared with itself on a machine that others use too.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median

from harness.agents import Proposer, faults
from harness.bench.curves import Curve, along, milliseconds
from harness.bench.measure import Ratio
from harness.bench.proofs import execution_of, trace_of
from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.pyevm.plain import PlainState
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.settings import FUNDS
from harness.chain.values.transactions import Transaction, sign
from harness.fuzz.many_liars import play_many
from harness.rollup.config import GameRules
from harness.rollup.machine.environment import TX_GAS_CAP
from harness.rollup.machine.execution import contract_address
from harness.testbed.assertions import AssertionHandle
from harness.testbed.rollup import Rollup

_ALICE, _BOB = well_known_accounts()[0], well_known_accounts()[1]
_OPCODES = (10_000, 100_000, 1_000_000)
_ALLIES = (1, 5, 20, 50, 100)
_GAS_OF_TEN = 36
_CHEAP = 51
"""Calls that are measured where one takes less than a millisecond."""

_RECORDED = 1_000_000
_PEAK = 56.0


def ratios() -> Iterator[Ratio]:
    yield from _long_transactions()
    yield from _many_liars().straight(at_most=1.3)
    yield from _recording()
    yield from _on_rollups()
    yield from _on_l1()


# -- disputes


def _loop(opcodes: int) -> bytes:
    """Return code that counts down, ten opcodes a turn."""
    return bytes.fromhex(f"62{opcodes // 10:06x}5b600190038080155060045700")


def _gas(opcodes: int) -> int:
    return min(TX_GAS_CAP, 60_000 + _GAS_OF_TEN * opcodes // 10)


def _long_transactions() -> Iterator[Ratio]:
    """Yield what asserting and disputing a lie in the middle of a transaction takes as the transaction grows."""
    whole, game, plain = [], [], []
    for opcodes in _OPCODES:
        rounds = max(1, 50_000 // opcodes)
        asserted, disputed = zip(*(_dispute(opcodes) for _ in range(rounds)), strict=True)
        plain.append(median(_execute(opcodes) for _ in range(rounds)))
        game.append(median(disputed))
        whole.append(median(asserted) + game[-1])
    points = list(zip(_OPCODES, whole, strict=True))
    yield from Curve("asserting and disputing, opcodes", points).straight(at_most=0.9)
    for opcodes, cost, loop in zip(_OPCODES, whole, plain, strict=True):
        limit = 7 if opcodes == _OPCODES[-1] else None
        name = f"asserting and disputing {opcodes:,} opcodes"
        yield Ratio(name, cost, loop, "ms", "ms of plain py-evm", at_most=limit)
    name = f"game about {_OPCODES[0]:,} opcodes"
    yield Ratio(name, game[0], plain[0], "ms", "ms of plain py-evm", at_most=20)


def _dispute(opcodes: int) -> tuple[float, float]:
    """Return the milliseconds of asserting a lie, and those of its game until everyone is paid."""
    code = _loop(opcodes)
    creation = bytes.fromhex(f"60{len(code):02x}80600b6000396000f3") + code
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        created = contract_address(_ALICE.address_bytes, rollup.l2.nonce(_ALICE))
        rollup.l2.send(sender=_ALICE, data=creation, gas=200_000)
        rollup.l2.send(sender=_ALICE, to="0x" + created.hex(), gas=_gas(opcodes))
        liar = rollup.join(Proposer(lie=faults.tamper_opcode("SUB", opcodes // 20)))
        made: list[AssertionHandle] = []
        asserting = milliseconds(lambda: made.append(liar.propose()))
        disputing = milliseconds(lambda: _play(rollup, made[0]))
    return asserting, disputing


def _play(rollup: Rollup, assertion: AssertionHandle) -> None:
    game = rollup.challenger.dispute(assertion)
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger


def _execute(opcodes: int) -> float:
    """Return the milliseconds in which py-evm as released executes the same transaction."""
    plain, target = PlainState(900), b"\x11" * 20
    plain.state.set_balance(_ALICE.address_bytes, 10**24)
    plain.state.set_code(target, _loop(opcodes))
    plain.state.persist()
    tx = Transaction(2, 900, 0, 0, 10, _gas(opcodes), target, 0, b"")
    prepared = plain.prepare(sign(tx, _ALICE.private_key, _ALICE.address_bytes))
    return milliseconds(lambda: plain.apply(prepared))


def _many_liars() -> Curve:
    """Games of eight levels against more and more accounts of a liar, by the number of claims."""
    points = []
    with open_chain("py-evm") as chain:
        _claims(chain, 1)  # What is imported, compiled or loaded at first is no part of the curve.
    for allies in _ALLIES:
        with open_chain("py-evm") as chain:
            made: list[int] = []
            cost = milliseconds(lambda: made.append(_claims(chain, allies)))  # noqa: B023 - called at once
            points.append((made[0], cost))
    return Curve("game of many Sybils, claims", points)


def _claims(chain: Chain, allies: int) -> int:
    return len(play_many(chain, GameRules(max_depth=8), allies, late=True).view.claims)


def _recording() -> Iterator[Ratio]:
    run = execution_of(_RECORDED)
    tracemalloc.start()
    trace = trace_of(run)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert len(trace) > _RECORDED
    yield Ratio(f"peak memory, recording {_RECORDED:,} opcodes", peak, _PEAK, "MiB", "MiB allowed", at_most=1)


# -- rollups that grow


def _on_rollups() -> Iterator[Ratio]:
    for name, step, sizes in (
        ("a deposit after n that wait", _deposit, (5, 50, 500)),
        ("an assertion after n undecided ones", _assert, (2, 20, 200)),
        ("a turn of all beside n undecided assertions", _settle, (2, 20, 200)),
        ("a game after n", _game, (2, 10, 60)),
        ("a batch after n", _post, (10, 100, 1_000)),
        ("a confirmation after n", _confirm, (2, 20, 200)),
    ):
        with open_chain("py-evm") as l1:
            rollup = Rollup.deploy(l1)
            rollup.fund()
            rollup.confirm_all()
            yield from along(name, step(rollup), sizes).flat()


def _deposit(rollup: Rollup) -> Callable[[], object]:
    return lambda: rollup.deposit(1, sender=_ALICE)


def _transfer(rollup: Rollup) -> None:
    rollup.l2.send(sender=_ALICE, to=_BOB, value=1)


def _post(rollup: Rollup) -> Callable[[], object]:
    def step() -> None:
        _transfer(rollup)
        rollup.post()
        rollup.node.sync()

    return step


def _assert(rollup: Rollup) -> Callable[[], object]:
    def step() -> None:
        _transfer(rollup)
        rollup.proposer.propose()

    return step


def _settle(rollup: Rollup) -> Callable[[], object]:
    assert rollup.challenger  # who joins when it is first asked for

    def step() -> None:
        _transfer(rollup)
        rollup.runner.settle()

    return step


def _game(rollup: Rollup) -> Callable[[], object]:
    def step() -> None:
        _transfer(rollup)
        liar = rollup.join(Proposer(lie=faults.wrong_fee()))
        _play(rollup, liar.propose())
        liar.leave()
        rollup.confirm_all()

    return step


def _confirm(rollup: Rollup) -> Callable[[], object]:
    def step() -> None:
        _transfer(rollup)
        rollup.confirm_all()

    return step


# -- L1


def _on_l1() -> Iterator[Ratio]:
    with open_chain("py-evm") as chain:
        send = _sending(chain)
        yield from along("a transfer after n blocks of L1", send, (100, 1_000, 10_000), _CHEAP).flat()
    points = []
    for count in (3_000, 30_000, 300_000):
        funded = {number.to_bytes(20, "big"): 1 for number in range(1 << 32, (1 << 32) + count)}
        funded |= {account.address_bytes: FUNDS for account in well_known_accounts()}
        with Chain(PyEvmBackend(funded=funded)) as chain:
            points.append((count, along("", _sending(chain), (100,), _CHEAP).points[0][1]))
    yield from Curve("a transfer beside n accounts", points).flat()


def _sending(chain: Chain) -> Callable[[], object]:
    return lambda: chain.send(sender=_ALICE, to=_BOB, value=1)
