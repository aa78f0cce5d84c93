// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title An application that passes every question on to a sound one until it is told to fail
/// @notice The fault concerns one of IApp's functions, or all.
contract FaultyApp {
    enum Fault {
        None,
        Reverts,
        Burns,
        SaysNothing,
        SaysNonsense,
        NeverStops,
        IsSlow
    }

    address public immutable SOUND;
    Fault public fault;
    bytes4 public only;

    error Broken();

    constructor(address sound) {
        SOUND = sound;
    }

    /// @param selector the function that fails; 0 for all
    function fail(Fault how, bytes4 selector) external {
        fault = how;
        only = selector;
    }

    fallback(bytes calldata question) external returns (bytes memory answer) {
        if (only == 0 || only == msg.sig) {
            if (fault == Fault.Reverts) revert Broken();
            if (fault == Fault.SaysNothing) return "";
            // An outcome above the whole pot, and bytes that begin beyond their own end.
            if (fault == Fault.SaysNonsense) return abi.encode(uint256(1), uint256(10_001));
            if (fault == Fault.NeverStops) return new bytes(1 << 17);
            if (fault == Fault.Burns) while (true) {}
            if (fault == Fault.IsSlow) {
                for (uint256 end = gasleft() > 3_800_000 ? gasleft() - 3_800_000 : 0; gasleft() > end;) {}
            }
        }
        bool asked;
        (asked, answer) = SOUND.staticcall(question);
        if (!asked) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
