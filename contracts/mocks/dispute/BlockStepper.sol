// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the stepper reads of the OP Stack's preimage oracle.
interface IPreimages {
    function readPreimage(bytes32 key, uint256 offset) external view returns (bytes32 part, uint256 length);
}

/// @title A fault proof program that counts its steps, for the OP Stack's dispute games
/// @notice The program reads two outputs in its first two steps. After its last one it says whether the second one is
/// the hash of the first. So a chain whose every output is the hash of the one before can be disputed like any other, by
/// a machine that a test can run.
/// @dev A state is (steps, starting output, disputed output). The first byte of its hash is the status that the game
/// reads: 0 if the second output is right, 1 if it is wrong, 3 while the program runs.
contract BlockStepper {
    IPreimages public immutable oracle;
    uint256 public immutable last;

    uint256 private constant STARTING = 2;
    uint256 private constant DISPUTED = 3;
    uint256 private constant AFTER_LENGTH = 8;

    error WrongState(uint256 actual, uint256 expected);

    /// @param last_ How many steps the program takes: three or more.
    constructor(IPreimages oracle_, uint256 last_) {
        oracle = oracle_;
        last = last_;
    }

    /// @notice Executes one step; a program that has ended steps to itself.
    function step(bytes calldata state, bytes calldata, bytes32 context) external view returns (bytes32) {
        if (state.length != 96) revert WrongState(state.length, 96);
        (uint256 steps, bytes32 starting, bytes32 disputed) = abi.decode(state, (uint256, bytes32, bytes32));
        if (steps == 0) starting = read(STARTING, context);
        if (steps == 1) disputed = read(DISPUTED, context);
        if (steps < last) steps++;
        return hashOf(steps, starting, disputed);
    }

    /// @notice Returns the hash of a state, with its status in the first byte.
    function hashOf(uint256 steps, bytes32 starting, bytes32 disputed) public view returns (bytes32) {
        uint256 status = steps < last ? 3 : disputed == keccak256(abi.encode(starting)) ? 0 : 1;
        return bytes32(uint256(keccak256(abi.encode(steps, starting, disputed))) << 8 >> 8 | status << 248);
    }

    /// @dev Only the game of the caller may have written this key: it is the hash of who asks, too.
    function read(uint256 ident, bytes32 context) private view returns (bytes32 part) {
        bytes32 hash = keccak256(abi.encode(1 << 248 | ident, msg.sender, context));
        (part,) = oracle.readPreimage(bytes32(uint256(hash) << 8 >> 8 | 1 << 248), AFTER_LENGTH);
    }
}
