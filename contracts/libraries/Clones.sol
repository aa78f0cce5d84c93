// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Clones of a contract (EIP-1167), with data behind the code
library Clones {
    error CloneFailed(bytes32 salt);

    /// @dev Length of a clone's code, behind which its data begins.
    uint256 internal constant CODE = 45;

    /// @notice Creates a clone of `model` that carries `data`, at most 210 bytes. The salt was not used before.
    function create(address model, bytes memory data, bytes32 salt) internal returns (address clone) {
        // Creation code: PUSH1 the length of code and data, then CODECOPY(0, 9, length), RETURN. The cast keeps the value.
        bytes memory code = abi.encodePacked(
            hex"60",
            uint8(CODE + data.length),
            hex"3d8160093d39f3363d3d373d3d3d363d73",
            model,
            hex"5af43d82803e903d91602b57fd5bf3",
            data
        );
        // Memory-safe: reads the array above only. Creation fails for lack of gas alone, since the salt was not used before.
        assembly ("memory-safe") {
            clone := create2(0, add(code, 32), mload(code), salt)
        }
        if (clone == address(0)) revert CloneFailed(salt);
    }

    /// @notice The word of a clone's data at an index; to be called by its model.
    function word(uint256 index) internal view returns (bytes32 result) {
        uint256 offset = CODE + 32 * index;
        // Memory-safe: only scratch space is written.
        assembly ("memory-safe") {
            extcodecopy(address(), 0, offset, 32)
            result := mload(0)
        }
    }
}
