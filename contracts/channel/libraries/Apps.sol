// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IApp} from "../interfaces/IApp.sol";

/// @title Calls to an application that may revert, burn its gas, answer nonsense, or not exist
/// @notice An application is silent if it gives no answer of the right shape within `GAS`. Silence is an answer, too, so a call here
/// does not revert. The exception is a caller with too little gas to tell silence from a lack of gas.
library Apps {
    error AppGasTooLow(uint256 actual, uint256 expected);

    /// @dev The gas that an application may use for one answer.
    uint256 internal constant GAS = 4_000_000;
    /// @dev With this much, a call gets `GAS`: 63/64 (EIP-150) of what is left after the call's own cost.
    uint256 private constant GAS_NEEDED = GAS * 64 / 63 + 20_000;
    /// @dev The longest answer that counts, in bytes.
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

    /// @notice Whether the game is over, and then A's share of the pot in 1/10,000. A share above the whole is no answer.
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

    /// @dev The raw answer. Empty if there was none, or if it is too long.
    function ask(address app, bytes memory question) private view returns (bytes memory answer) {
        uint256 available = gasleft();
        bool answered;
        uint256 size;
        // Assembly, so that an endless answer is not copied at the caller's cost.
        assembly ("memory-safe") {
            answered := staticcall(GAS, app, add(question, 0x20), mload(question), 0, 0)
            size := returndatasize()
        }
        // INVARIANT: nobody can pass off its own lack of gas as the application's silence.
        if (!answered && available < GAS_NEEDED) revert AppGasTooLow(available, GAS_NEEDED);
        if (!answered || size > LONGEST) return "";
        answer = new bytes(size);
        assembly ("memory-safe") {
            returndatacopy(add(answer, 0x20), 0, size)
        }
    }
}
