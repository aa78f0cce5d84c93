"""L2's first state: the built-in predeploys and those of a table, and no ether."""

from __future__ import annotations

from collections.abc import Iterable

from harness.contracts.project import built_in_contracts
from harness.rollup.forks import DEFAULT_FORK, Fork
from harness.rollup.machine.environment import GAS_CAP, GAS_PER_BLOCK, TX_GAS_CAP, Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opening import HISTORY, L1_BLOCK, L1_FEE_VAULT
from harness.rollup.machine.state import State
from harness.rollup.predeploys import COMPILED, FEE_VAULT, HISTORY_CODE, TOKEN_BRIDGE, Predeploy

_BATCHER_SLOT = 4
"""L1Block's slot for the sequencer."""


def genesis_state(token_bridge: bytes, sequencer: bytes, predeploys: Iterable[Predeploy] = ()) -> State:
    """Return the predeploys; the built-in ones know L1's token bridge, and the sequencer, who is paid the fees."""
    contracts = built_in_contracts()
    words = {TOKEN_BRIDGE: (0, token_bridge), L1_BLOCK: (_BATCHER_SLOT, sequencer)}
    words |= dict.fromkeys((FEE_VAULT, L1_FEE_VAULT), (0, sequencer))
    built_in = [Predeploy(HISTORY, HISTORY_CODE)]
    for address, name in COMPILED.items():
        slot, value = words.get(address, (0, b""))
        built_in.append(Predeploy(address, contracts[name].runtime, ((slot, int.from_bytes(value, "big")),)))
    state = State()
    for each in {each.address: each for each in (*built_in, *predeploys)}.values():
        state = state.with_account(each.address, nonce=1, code=each.code, storage=dict(each.storage))
    return state


def genesis(
    chain_id: int,
    base_fee: int,
    token_bridge: bytes,
    sequencer: bytes,
    gas_per_block: int = GAS_PER_BLOCK,
    gas_cap: int = GAS_CAP,
    predeploys: Iterable[Predeploy] = (),
    fork: Fork = DEFAULT_FORK,
    scalars: tuple[int, int] = (0, 0),
) -> Idle:
    """Return the machine before the first batch.

    Its time is 0, so that the first batch's bounds decide the next block's. ``scalars`` are those of the L1 data fee.
    """
    env = Env(
        number=0,
        timestamp=0,
        coinbase=FEE_VAULT,
        gas_limit=TX_GAS_CAP,
        prev_randao=bytes(32),
        base_fee=base_fee,
        blob_base_fee=1,
        chain_id=chain_id,
        l1_block=0,
        gas_per_block=gas_per_block,
        gas_cap=gas_cap,
        fork=fork,
        base_fee_scalar=scalars[0],
        blob_base_fee_scalar=scalars[1],
    )
    return Idle(genesis_state(token_bridge, sequencer, predeploys), Cursor(), env, Ring())
