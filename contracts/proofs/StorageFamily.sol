// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Metering} from "../libraries/Metering.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Scratch} from "../libraries/Scratch.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, State} from "../types/Machine.sol";

/// @title SLOAD, SSTORE, TLOAD, TSTORE.
contract StorageFamily is IOpcodeFamily {
    /// @dev EIP-2200: SSTORE halts if the frame has no more gas than this, before anything is charged.
    uint256 private constant SENTRY = 2300;
    uint256 private constant SET_GAS = 20_000;
    /// @dev EIP-2929: 5,000 less the price of a cold slot, which is charged separately.
    uint256 private constant RESET_GAS = 2900;
    /// @dev EIP-3529.
    uint256 private constant CLEAR_REFUND = 4800;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        Pool memory pool = NodePool.loadJoined(Witnesses.decode(witness).nodes);
        address self = state.frame.self;
        if (opcode == 0x54) {
            results = new uint256[](1);
            results[0] = _load(pool, state, operands[0]);
        } else if (opcode == 0x55) {
            _store(pool, state, operands[0], operands[1]);
        } else if (opcode == 0x5c) {
            results = new uint256[](1);
            results[0] = Scratch.readTransient(pool, state.transaction, self, operands[0]);
        } else {
            Scratch.writeTransient(pool, state.transaction, self, operands[0], operands[1]);
        }
        return (state, results, ending, output);
    }

    function _load(Pool memory pool, State memory state, uint256 slot) private pure returns (uint256 current) {
        address self = state.frame.self;
        (bool isWarm,) = Scratch.readSlot(pool, state.transaction, self, slot);
        Metering.charge(state.frame, isWarm ? Access.WARM_GAS : Access.COLD_SLOT_GAS);
        Account memory account = Accounts.read(pool, state.machine.stateRoot, self);
        current = Accounts.readSlot(pool, account.storageRoot, slot);
        if (!isWarm) Scratch.warmSlot(pool, state.transaction, self, slot, current);
    }

    function _store(Pool memory pool, State memory state, uint256 slot, uint256 value) private pure {
        if (state.frame.gas <= SENTRY) revert Halt();
        address self = state.frame.self;
        (bool isWarm, uint256 original) = Scratch.readSlot(pool, state.transaction, self, slot);
        if (!isWarm) Metering.charge(state.frame, Access.COLD_SLOT_GAS);
        Account memory account = Accounts.read(pool, state.machine.stateRoot, self);
        uint256 current = Accounts.readSlot(pool, account.storageRoot, slot);
        if (!isWarm) {
            Scratch.warmSlot(pool, state.transaction, self, slot, current);
            original = current;
        }
        Metering.charge(state.frame, _price(original, current, value));
        if (value == current) return;
        state.transaction.refund = _refund(state.transaction.refund, original, current, value);
        account.storageRoot = Accounts.writeSlot(pool, account.storageRoot, slot, value);
        state.machine.stateRoot = Accounts.write(pool, state.machine.stateRoot, self, account);
    }

    /// @dev EIP-2200 with the prices of EIP-2929.
    function _price(uint256 original, uint256 current, uint256 value) private pure returns (uint256) {
        if (value == current || original != current) return Access.WARM_GAS;
        return original == 0 ? SET_GAS : RESET_GAS;
    }

    /// @dev The refund counter after another value replaced `current`. It cannot fall below zero: an earlier write of the same slot added
    /// what this one takes back, and a revert forgets both together.
    function _refund(uint256 refund, uint256 original, uint256 current, uint256 value) private pure returns (uint256) {
        if (original != 0) {
            if (value == 0) refund += CLEAR_REFUND;
            else if (current == 0) refund -= CLEAR_REFUND;
        }
        if (value == original && current != original) {
            refund += (original == 0 ? SET_GAS : RESET_GAS) - Access.WARM_GAS;
        }
        return refund;
    }
}
