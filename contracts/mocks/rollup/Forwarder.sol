// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPortal} from "../../interfaces/IPortal.sol";

/// @title A contract that does what anyone tells it, and remembers what it was told by the portal
contract Forwarder {
    error Refused(uint256 value);
    error CallFailed(bytes reason);

    enum Mood {
        Calm,
        Refuses,
        Reenters,
        BurnsGas,
        /// Calls back, and does not mind if that fails.
        Tries
    }

    Mood public mood;
    bytes public reentry;
    uint256 public calls;
    uint256 public received;
    address public lastL2Sender;
    uint256 public lastGas;

    receive() external payable {
        note();
    }

    fallback() external payable {
        note();
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// @dev What to call back into the caller with, when re-entering.
    function setReentry(bytes calldata data) external {
        reentry = data;
    }

    function forward(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        if (!done) revert CallFailed(answer);
        return answer;
    }

    function forwardOften(uint256 times, address target, bytes calldata data) external {
        for (uint256 i; i < times; ++i) {
            (bool done, bytes memory answer) = target.call(data);
            if (!done) revert CallFailed(answer);
        }
    }

    function forwardEach(address target, bytes[] calldata calls_) external {
        for (uint256 i; i < calls_.length; ++i) {
            (bool done, bytes memory answer) = target.call(calls_[i]);
            if (!done) revert CallFailed(answer);
        }
    }

    /// @dev Gives the call no more than `limit`, and does not mind if it fails.
    function forwardWith(uint256 limit, address target, bytes calldata data) external returns (bool done) {
        (done,) = target.call{gas: limit}(data);
    }

    function note() internal {
        lastGas = gasleft();
        if (mood == Mood.Refuses) revert Refused(msg.value);
        if (mood == Mood.BurnsGas) {
            while (true) ++calls;
        }
        ++calls;
        received += msg.value;
        if (mood == Mood.Reenters || mood == Mood.Tries) {
            (bool done, bytes memory reason) = msg.sender.call(reentry);
            if (!done && mood == Mood.Reenters) {
                // Passes the reason on, so that the test sees which guard spoke.
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        if (msg.sender.code.length != 0) {
            try IPortal(msg.sender).l2Sender() returns (address sender) {
                lastL2Sender = sender;
            } catch {
                lastL2Sender = address(0);
            }
        }
    }
}
