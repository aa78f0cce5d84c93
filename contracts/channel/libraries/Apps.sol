// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IApp} from "../interfaces/IApp.sol";

/// @title Questions to an application that may revert, burn its gas, answer nonsense, or not exist
/// @notice An application is silent if it gives no answer of the right shape within `GAS`. Its silence is an answer, too: no
/// question reverts, but for a caller that brings too little gas to tell the two apart.
library Apps {
    error AppGasTooLow(uint256 actual, uint256 expected);

    /// @dev What an application may spend on one answer.
    uint256 internal constant GAS = 4_000_000;
    /// @dev Enough that a call gets `GAS` of it: 63/64 (EIP-150) after what the call itself costs.
    uint256 private constant GAS_NEEDED = GAS * 64 / 63 + 20_000;
    /// @dev The longest answer that is looked at, in bytes.
    uint256 private constant LONGEST = 1 << 16;
    uint256 internal constant WHOLE = 10_000;

    /// @notice The data of turn 0.
    function initial(address app) internal view returns (bool answered, bytes memory data) {
        bytes memory answer = ask(app, abi.encodeCall(IApp.initial, ()));
        if (answer.length < 64) return (false, "");
        (uint256 offset, uint256 length) = abi.decode(answer, (uint256, uint256));
        if (offset != 32 || length > answer.length - 64) return (false, "");
        return (true, abi.decode(answer, (bytes)));
    }

    /// @notice Whether the game is over, and then A's share of the pot in 1/10,000; a share above the whole is no answer.
    function outcome(address app, bytes memory data, uint64 turn)
        internal
        view
        returns (bool answered, bool over, uint16 shareA)
    {
        bytes memory answer = ask(app, abi.encodeCall(IApp.outcome, (data, turn)));
        if (answer.length < 64) return (false, false, 0);
        (uint256 flag, uint256 share) = abi.decode(answer, (uint256, uint256));
        if (flag > 1 || share > (flag == 1 ? WHOLE : type(uint16).max)) return (false, false, 0);
        return (true, flag == 1, uint16(share));
    }

    /// @dev The answer as it came; empty if there was none, or one too long to look at.
    function ask(address app, bytes memory question) private view returns (bytes memory answer) {
        uint256 available = gasleft();
        bool answered;
        uint256 size;
        // Assembly, so that an endless answer is not copied at the caller's cost.
        assembly ("memory-safe") {
            answered := staticcall(GAS, app, add(question, 0x20), mload(question), 0, 0)
            size := returndatasize()
        }
        // INVARIANT: nobody passes off its own lack of gas as the application's silence.
        if (!answered && available < GAS_NEEDED) revert AppGasTooLow(available, GAS_NEEDED);
        if (!answered || size > LONGEST) return "";
        answer = new bytes(size);
        assembly ("memory-safe") {
            returndatacopy(add(answer, 0x20), 0, size)
        }
    }
}
