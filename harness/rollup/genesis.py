"""L2's first state: three predeploys, no ether."""

from __future__ import annotations

from eth_utils import to_canonical_address

from harness.contracts.project import built_in_contracts
from harness.rollup.machine.environment import GAS_CAP, GAS_PER_BLOCK, TX_GAS_CAP, Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State

MESSENGER = to_canonical_address("0x4c32000000000000000000000000000000000001")
TOKEN_BRIDGE = to_canonical_address("0x4c32000000000000000000000000000000000002")
FEE_VAULT = to_canonical_address("0x4c32000000000000000000000000000000000003")

SENT_SLOT = 0
"""The messenger's mapping of messages sent."""


def genesis_state(token_bridge: bytes, fee_recipient: bytes) -> State:
    """Return the predeploys, which know L1's token bridge and who is paid the priority fees there."""
    contracts = built_in_contracts()
    state = State()
    for address, name, storage in (
        (MESSENGER, "Messenger", {}),
        (TOKEN_BRIDGE, "L2TokenBridge", {0: int.from_bytes(token_bridge, "big")}),
        (FEE_VAULT, "FeeVault", {0: int.from_bytes(fee_recipient, "big")}),
    ):
        state = state.with_account(address, nonce=1, code=contracts[name].runtime, storage=storage)
    return state


def genesis(
    chain_id: int,
    base_fee: int,
    token_bridge: bytes,
    fee_recipient: bytes,
    gas_per_block: int = GAS_PER_BLOCK,
    gas_cap: int = GAS_CAP,
) -> Idle:
    """Return the machine before the first batch.

    Its time is 0, so that the first batch's bounds decide the next block's.
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
    )
    return Idle(genesis_state(token_bridge, fee_recipient), Cursor(), env, Ring())
