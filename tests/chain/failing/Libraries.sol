// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

library Inlined {
    function check(uint256 value) internal pure returns (uint256) {
        require(value != 0, "inlined"); // fails: inInlinedLibrary
        return value;
    }

    function checkTwice(uint256 value) internal pure returns (uint256) {
        return check(value) * 2; // fails: inAttachedLibrary
    }
}

library Linked {
    error Refused(uint256 value);

    function check(uint256 value) external pure returns (uint256) {
        if (value == 1) revert Refused(1);
        if (value == 0) revert Refused(value); // fails: inLinkedLibrary
        return value;
    }
}
