"""Disputes: what a game costs as its trace grows and liars join, and how long one about a long transaction takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from harness.agents import Proposer, faults
from harness.bench.measure import Ratio
from harness.chain.opening import open_chain
from harness.chain.pyevm.plain import PlainState
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import TX_GAS_CAP, Transaction, sign
from harness.dispute.actions import Move, Open
from harness.fuzz.many_liars import ManyLiarsGame, play_many
from harness.rollup.config import GameRules
from harness.rollup.machine.execution import contract_address
from harness.testbed.rollup import Rollup

_DEPTHS = (10, 20, 30, 40)
_ALLIES = (1, 5, 10, 20, 50)
_ALLIES_DEPTH = 8
"""Levels of the games against many liars. Each level adds a move of every liar."""

_MOVE_GAS = 250_000
_ROUNDS = 5
_LOOPS = 1_000

# PUSH2 LOOPS; ten opcodes a turn: JUMPDEST PUSH1 1 SWAP1 SUB DUP1 DUP1 ISZERO POP PUSH1 3 JUMPI; STOP
_RUNTIME = bytes.fromhex(f"61{_LOOPS:04x}5b600190038080155060035700")
_CREATION = bytes.fromhex(f"60{len(_RUNTIME):02x}80600b6000396000f3") + _RUNTIME
_GAS = 200_000


def ratios() -> Iterator[Ratio]:
    for depth in _DEPTHS:
        yield from _grown(depth)
    for allies in _ALLIES:
        yield from _against_many(allies)
    played, plain = _long_transaction()
    yield Ratio("game about 10,000 opcodes", played, plain, "ms", "ms of plain py-evm", at_most=25)


def _game_of_many(depth: int, allies: int, late: bool) -> ManyLiarsGame:
    with open_chain("py-evm") as chain:
        return play_many(chain, GameRules(max_depth=depth), allies, late=late)


def _grown(depth: int) -> Iterator[Ratio]:
    """Measure one liar against one honest player, who narrow 2^depth indices down to one."""
    game = _game_of_many(depth, 1, late=False)
    moves = [receipt.gas_used for action, receipt in game.receipts if isinstance(action, Move | Open)]
    dearest = max(receipt.gas_used for action, receipt in game.receipts if isinstance(action, Move))
    gas = sum(receipt.gas_used for _, receipt in game.receipts)
    name = f"2^{depth} indices:"
    yield Ratio(f"{name} moves", len(moves), depth, "", "levels", at_most=1)
    yield Ratio(f"{name} dearest move", dearest, _MOVE_GAS, "gas", "gas allowed", at_most=1)
    yield Ratio(f"{name} whole game", gas, depth * _MOVE_GAS, "gas", "gas allowed for its moves")
    yield _capital(name, game)


def _against_many(allies: int) -> Iterator[Ratio]:
    """Measure liars who all move as late as they can, each on a path of its own, against one honest player."""
    game = _game_of_many(_ALLIES_DEPTH, allies, late=True)
    name = f"{_ALLIES_DEPTH} levels, {allies} Sybil{'s' if allies > 1 else ''}:"
    dearest = max(receipt.gas_used for _, receipt in game.receipts)
    yield Ratio(f"{name} time", game.seconds / 3_600, game.view.rules.longest / 3_600, "h", "h at most", at_most=1)
    yield _capital(name, game)
    yield Ratio(f"{name} dearest transaction", dearest, TX_GAS_CAP, "gas", "gas of EIP-7825", at_most=1)


def _long_transaction() -> tuple[float, float]:
    """Return the milliseconds of a game from dispute to payout, and of bare py-evm on the same transaction; medians."""
    played, plain = zip(*((_play(seed), _execute()) for seed in range(_ROUNDS)), strict=True)
    return median(played), median(plain)


def _play(seed: int) -> float:
    """Play a dispute about a lie in the middle of the transaction on a real rollup, until everyone is paid."""
    with open_chain("py-evm", seed=seed) as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        alice = l1.accounts.alice
        created = contract_address(alice.address_bytes, rollup.l2.nonce(alice))
        rollup.l2.send(sender=alice, data=_CREATION, gas=_GAS)
        rollup.l2.send(sender=alice, to="0x" + created.hex(), gas=_GAS)
        assertion = rollup.join(Proposer(lie=faults.tamper_opcode("SUB", _LOOPS // 2))).propose()
        start = time.perf_counter()
        game = rollup.challenger.dispute(assertion)
        rollup.run_until(game.resolved)
        spent = time.perf_counter() - start
        assert game.winner is rollup.challenger
    return spent * 1_000


def _execute() -> float:
    """Execute the transaction on py-evm's own state, with the sender known and without sealing a block."""
    plain = PlainState(900)
    state = plain.state
    alice, target = well_known_accounts()[0], b"\x11" * 20
    state.set_balance(alice.address_bytes, 10**24)
    state.set_code(target, _RUNTIME)
    state.persist()
    tx = Transaction(2, 900, 0, 0, 10, _GAS, target, 0, b"")
    prepared = plain.prepare(sign(tx, alice.private_key, alice.address_bytes))
    start = time.perf_counter()
    computation = plain.apply(prepared)
    spent = time.perf_counter() - start
    assert computation.is_success
    return spent * 1_000


def _capital(name: str, game: ManyLiarsGame) -> Ratio:
    """Compare what the honest side locks with its bound, which holds the bond that opens the game too."""
    return Ratio(
        f"{name} honest bonds", game.honest / 1e18, game.capital_bound / 1e18, "ether", "ether at most", at_most=1
    )
