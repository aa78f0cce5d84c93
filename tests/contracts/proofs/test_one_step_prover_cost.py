"""What an ordinary step costs: a dense contract of 5 KiB, each step a real transaction on L1."""

from __future__ import annotations

import random
from statistics import median

from eth_account import Account

from harness.proofs.hosts import PyEvmHost
from harness.proofs.inputs import InputOpening
from harness.proofs.maker import make_witness
from harness.proofs.trace import Execution, Trace
from harness.rollup.codec.batch import Item
from harness.rollup.machine.environment import Env, ring_of
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import decode

CODE_SIZE = 5 * 1024
TYPICAL_GAS = 300_000
CHAIN_ID = 901
CONTRACT = b"\xaa" * 20

# PUSH1 1 PUSH1 2 ADD PUSH0 MSTORE; PUSH1 32 PUSH0 KECCAK256 POP; PUSH0 SLOAD PUSH1 1 ADD PUSH0 SSTORE; PUSH0 TLOAD POP;
# ADDRESS BALANCE POP; PUSH1 7 DUP1 SWAP1 LT ISZERO POP; PUSH0 CALLDATALOAD POP;
# PUSH1 32 PUSH0 LOG0; PUSH1 32 PUSH0 RETURN
PROGRAM = bytes.fromhex("60016002015f5260205f20505f546001015f555f5c5030315060078090101550" + "5f355060205fa060205ff3")


def test_median_step_of_a_5_kib_contract_is_below_the_typical_cost() -> None:
    rng = random.Random(0)
    code = PROGRAM + bytes(rng.randrange(1, 256) for _ in range(CODE_SIZE - len(PROGRAM)))
    signer = Account.from_key(b"\x11" * 32)
    sender = bytes.fromhex(signer.address[2:])
    state = State().with_account(sender, balance=10**20)
    state = state.with_account(CONTRACT, code=code, balance=5, nonce=1, storage={n: n + 7 for n in range(20)})
    for _ in range(300):
        state = state.with_account(rng.randbytes(20), balance=10**18)
    env = Env(5, 1000, b"\xcc" * 20, 2**23, b"\x07" * 32, 10, 1, CHAIN_ID, 3)
    ring = ring_of([(n, bytes([n + 1]) * 32) for n in range(5)])
    fields = {
        "nonce": 0, "gas": 200_000, "to": CONTRACT, "value": 0, "data": bytes(range(1, 69)), "chainId": CHAIN_ID,
        "maxFeePerGas": 20, "maxPriorityFeePerGas": 1,
    }  # fmt: skip
    raw = bytes(signer.sign_transaction(fields).raw_transaction)
    host = PyEvmHost()
    batch = host.post(Item(raw).encode())
    before = Idle(state, Cursor(batch.index, True, budget=200_000), env, ring)
    run = Execution(state, env, ring, decode(raw, CHAIN_ID))
    trace = Trace(before, execution=run, cursor=Cursor(batch.index + 1))
    assert trace.outcome is not None and trace.outcome.status

    costs = []
    for index in range(len(trace)):
        witness = make_witness(trace, index, InputOpening(batch) if index == 0 else None).encode()
        step = (trace.hash_at(index), index, batch.index + 1, witness)
        assert host.verify(*step) == trace.hash_at(index + 1)
        costs.append(host.gas_of(*step))

    assert median(costs) <= TYPICAL_GAS
    assert max(costs) <= 350_000
