// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

abstract contract Base {
    function baseCheck(uint256 value) internal pure {
        require(value != 0, "base"); // fails: inBase
    }

    function overridden(uint256 value) internal view virtual {
        require(value != 0, "super"); // fails: inSuper
    }
}

abstract contract Guarded {
    error NotOwner(address caller);

    address internal owner;
    bool private entered;

    modifier onlyOwner() {
        if (msg.sender != owner) {
            revert NotOwner(msg.sender); // fails: inModifier
        }
        _;
    }

    modifier atMost(uint256 value, uint256 most) {
        require(value <= most, "too much"); // fails: inModifierWithArgument
        _;
    }

    modifier guarded() {
        require(!entered, "entered");
        entered = true;
        _;
        entered = false;
    }
}
