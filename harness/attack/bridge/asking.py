"""What a bridge tells of a message's sender: to a target that asks during the message, and when it is over."""

from __future__ import annotations

from eth_utils import to_canonical_address, to_checksum_address

from harness.adapters.bridge import Bridge
from harness.adapters.errors import NotApplicable, WrongAnswer
from harness.attack.attack import Found
from harness.attack.bridge.crossing import ETHER, Crossing
from harness.attack.stage import Stage

_ANSWER, _ANSWERED = 0, 1
"""The slots in which a target keeps the first word that it was answered, and 1 if the call has answered one."""


def a_sender_that_is_remembered(stage: Stage) -> str:
    """A message's target asks who sent it; when it is over, that is gone, and the next message is executed.

    Mallory proves the message and executes it if the bridge lets her, so that its sender is not who executes it.
    """
    nobody = _bridge(stage).told_sender()
    question = _question(_bridge(stage), nobody)
    target = _target(stage, *question) if question else ""
    crossing = Crossing(stage, target=target)
    bridge, message = crossing.bridge, crossing.message
    other = bridge.withdraw(ETHER, crossing.bob.address, crossing.alice)
    crossing.confirmed().proven(other)
    mark = crossing.chain.snapshot()
    if not crossing.tries(crossing.pay_out, message, bridge.proof(message)):
        crossing.chain.restore(mark)
        crossing.proven().mature().execute()
    if target:
        _told(crossing, target)
    if bridge.told_sender() != nobody:
        raise Found("the sender", f"after a message the bridge still tells of {bridge.told_sender()}")
    crossing.execute(other)
    between = f"between messages the bridge tells of {nobody}"
    if not target:
        raise NotApplicable(f"{between}; the adapter does not say how a target asks during one (call_of_told_sender)")
    return f"{between}, and during one of who sent it"


def _bridge(stage: Stage) -> Bridge:
    assert isinstance(stage.adapter, Bridge)
    return stage.adapter


def _question(bridge: Bridge, nobody: str) -> tuple[str, bytes] | None:
    """Return the contract and the calldata by which a target asks, None if the adapter names none.

    Raise WrongAnswer unless the contract answers that call with who is told between messages.
    """
    try:
        contract, data = bridge.call_of_told_sender()
    except NotApplicable:
        return None
    answer = bridge.chain.call(to=contract, data=data)
    if answer != bytes(12) + to_canonical_address(nobody):
        expected = f"a call that answers {nobody}, as told_sender does, and not {answer.hex() or 'nothing'}"
        raise WrongAnswer(bridge.name, "call_of_told_sender", (contract, data), expected)
    return contract, data


def _target(stage: Stage, contract: str, data: bytes) -> str:
    """Deploy a contract that asks a bridge by this call whenever it is called, and keeps the answer."""
    size = len(data).to_bytes(2, "big").hex()
    code = "".join((
        f"61{size} 6032 5f 39",  # the calldata, from behind the code to memory
        f"6020 5f 61{size} 5f 73{to_canonical_address(contract).hex()} 5a fa",
        "60 1f 3d 11 16 6001 55",  # slot 1: whether it has answered a word or more
        "5f 51 5f 55 00",  # slot 0: the word
    ))  # fmt: skip
    runtime = bytes.fromhex(code) + data
    initcode = b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + runtime
    return str(stage.chain.send(sender=stage.chain.accounts.mallory, to=None, data=initcode).contract_address)


def _told(crossing: Crossing, target: str) -> None:
    """Raise Found unless the target was told that alice has sent its message."""
    if not crossing.chain.storage(target, _ANSWERED):
        raise Found("the sender", "the bridge does not tell a message's target who sent it")
    told = crossing.chain.storage(target, _ANSWER)
    if told != int(crossing.alice.address, 16):
        said = to_checksum_address(told.to_bytes(32, "big")[12:])
        raise Found("the sender", f"a message of alice was told as one of {said}")
