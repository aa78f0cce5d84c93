"""A contract above a limit of size says so, with its size and the limit, however it is deployed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain.chain import Chain
from harness.chain.errors import CodeTooLarge, InitcodeTooLarge, RevertedSilently, TransactionRejected
from harness.contracts.library import Contracts

CODE_LIMIT = 24_576
INITCODE_LIMIT = 49_152

SOURCE = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Large {
    constructor() payable {}

    function data() external pure returns (bytes memory) {
        return hex"%s";
    }
}

contract Huge {
    constructor() payable {}

    function data() external pure returns (bytes memory) {
        return hex"%s";
    }
}

contract Sparing {
    constructor(bytes memory) {}
}

contract Factory {
    function make(bytes memory code) public returns (address made) {
        assembly {
            made := create(0, add(code, 32), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    function makeThrough(bytes memory code) external returns (address) {
        return this.make(code);
    }

    function tries(bytes memory code) external returns (bool made) {
        try this.make(code) {
            made = true;
        } catch {}
    }
}
"""


def zeros(size: int) -> bytes:
    """Initcode that returns so many bytes of zeros."""
    return bytes.fromhex(f"61{size:04x}5ff3")


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    root = tmp_path_factory.mktemp("sizes")
    (root / "src").mkdir()
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    (root / "src" / "Sizes.sol").write_text(SOURCE % ("fe" * (CODE_LIMIT + 10), "fe" * (INITCODE_LIMIT + 10)))
    return Contracts.load(root)


@pytest.fixture(params=[False, True], ids=["l1", "l2"])
def any_chain(request: pytest.FixtureRequest, chain: Chain, l2: Chain) -> Chain:
    """L1 on each backend, and L2."""
    return l2 if request.param else chain


def _told(error: Any, size: int, limit: int, contract: str) -> None:
    assert (error.size, error.limit) == (size, limit)
    assert str(size) in str(error) and str(limit) in str(error) and contract in str(error)


def test_deploy_of_code_above_the_limit_reverts_before_anything_is_sent(any_chain: Chain, sized: Contracts) -> None:
    alice, large = any_chain.accounts.alice, sized["Large"]
    before = any_chain.block_number, any_chain.nonce(alice)
    with pytest.raises(CodeTooLarge) as caught:
        any_chain.deploy(large, sender=alice)
    _told(caught.value, len(large.artifact.runtime), CODE_LIMIT, "Large")
    assert (any_chain.block_number, any_chain.nonce(alice)) == before


def test_deploy_of_initcode_above_the_limit_is_refused(any_chain: Chain, sized: Contracts) -> None:
    alice, huge = any_chain.accounts.alice, sized["Huge"]
    with pytest.raises(InitcodeTooLarge) as caught:
        any_chain.deploy(huge, sender=alice)
    _told(caught.value, len(huge.artifact.bytecode), INITCODE_LIMIT, "Huge")
    assert isinstance(caught.value, TransactionRejected)


def test_deploy_counts_constructor_arguments(any_chain: Chain, sized: Contracts) -> None:
    alice, sparing = any_chain.accounts.alice, sized["Sparing"]
    with pytest.raises(InitcodeTooLarge) as caught:
        any_chain.deploy(sparing, b"\1" * INITCODE_LIMIT, sender=alice)
    assert caught.value.size == len(sparing.artifact.bytecode) + 64 + INITCODE_LIMIT


def test_transaction_with_code_above_the_limit_reverts(any_chain: Chain, sized: Contracts) -> None:
    alice, large = any_chain.accounts.alice, sized["Large"]
    any_chain.knowledge.learn(large)
    with pytest.raises(CodeTooLarge) as caught:
        any_chain.send(sender=alice, data=large.artifact.bytecode)
    _told(caught.value, len(large.artifact.runtime), CODE_LIMIT, "Large")
    assert caught.value.receipt is not None


def test_transaction_with_initcode_above_the_limit_is_refused(any_chain: Chain) -> None:
    with pytest.raises(InitcodeTooLarge) as caught:
        any_chain.send(sender=any_chain.accounts.alice, data=b"\xfe" * (INITCODE_LIMIT + 1))
    assert (caught.value.size, caught.value.limit) == (INITCODE_LIMIT + 1, INITCODE_LIMIT)


@pytest.mark.parametrize("function", ["make", "makeThrough"])
def test_creation_within_a_transaction_reverts_by_name(chain: Chain, sized: Contracts, function: str) -> None:
    alice, large = chain.accounts.alice, sized["Large"]
    factory = chain.deploy(sized["Factory"], sender=alice)
    with pytest.raises(CodeTooLarge) as caught:
        factory.functions[function](large.artifact.bytecode, sender=alice)
    _told(caught.value, len(large.artifact.runtime), CODE_LIMIT, "Large")
    assert f"code of Large has {len(large.artifact.runtime)} bytes" in str(caught.value.trace)


@pytest.mark.parametrize("function", ["make", "makeThrough"])
def test_creation_of_an_unknown_contract_reverts_by_size(any_chain: Chain, sized: Contracts, function: str) -> None:
    factory = any_chain.deploy(sized["Factory"], sender=any_chain.accounts.alice)
    with pytest.raises(CodeTooLarge) as caught:
        factory.functions[function](zeros(CODE_LIMIT + 7), sender=any_chain.accounts.alice)
    assert (caught.value.size, caught.value.limit) == (CODE_LIMIT + 7, CODE_LIMIT)


def test_creation_whose_failure_was_caught_is_no_failure(any_chain: Chain, sized: Contracts) -> None:
    factory = any_chain.deploy(sized["Factory"], sender=any_chain.accounts.alice)
    receipt = factory.tries(zeros(CODE_LIMIT + 1), sender=any_chain.accounts.alice)
    assert receipt.succeeded
    assert f"has {CODE_LIMIT + 1} bytes, at most {CODE_LIMIT} are allowed" in str(receipt.trace())


def test_initcode_above_the_limit_within_a_transaction_reverts_by_name(chain: Chain, sized: Contracts) -> None:
    """L2 bounds every range of memory by that size, so there it is the range that is told."""
    factory = chain.deploy(sized["Factory"], sender=chain.accounts.alice)
    with pytest.raises(CodeTooLarge) as caught:
        factory.make(b"\xfe" * (INITCODE_LIMIT + 1), sender=chain.accounts.alice)
    assert (caught.value.size, caught.value.limit) == (INITCODE_LIMIT + 1, INITCODE_LIMIT)
    assert "EIP-3860" in str(caught.value)


def test_failure_for_another_reason_is_reported_as_that(chain: Chain, sized: Contracts) -> None:
    factory = chain.deploy(sized["Factory"], sender=chain.accounts.alice)
    with pytest.raises(RevertedSilently) as caught:
        factory.make(b"\xfd", sender=chain.accounts.alice)
    assert not isinstance(caught.value, CodeTooLarge)


def test_code_at_the_limit_is_deployed(any_chain: Chain) -> None:
    alice = any_chain.accounts.alice
    receipt = any_chain.send(sender=alice, data=zeros(CODE_LIMIT))
    assert len(any_chain.code(receipt.contract_address)) == CODE_LIMIT
    with pytest.raises(CodeTooLarge) as caught:
        any_chain.send(sender=alice, data=zeros(CODE_LIMIT + 1))
    assert (caught.value.size, caught.value.limit) == (CODE_LIMIT + 1, CODE_LIMIT)
