// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IApp} from "../interfaces/IApp.sol";

/// @title Payments as moves
/// @notice Each player pays the other in its turn, in 1/10,000 of the pot. The data is A's share, two bytes, and whether the game is over,
/// one byte. A move is the share that its mover pays, two bytes; the empty move ends the game.
contract Payments is IApp {
    uint16 public constant WHOLE = 10_000;
    uint256 internal constant LENGTH = 3;

    /// @inheritdoc IApp
    function initial() external pure returns (bytes memory) {
        return abi.encodePacked(WHOLE / 2, uint8(0));
    }

    /// @inheritdoc IApp
    function play(bytes calldata data, uint64 turn, bytes calldata move) external pure returns (bytes memory) {
        (uint16 share, bool over) = read(data);
        if (over) revert IllegalMove(move, data);
        if (move.length == 0) return abi.encodePacked(share, uint8(1));
        if (move.length != 2) revert IllegalMove(move, data);
        uint16 paid = uint16(bytes2(move));
        bool isA = turn & 1 == 0;
        if (paid > (isA ? share : WHOLE - share)) revert IllegalMove(move, data);
        return abi.encodePacked(isA ? share - paid : share + paid, uint8(0));
    }

    /// @inheritdoc IApp
    function outcome(bytes calldata data, uint64) external pure returns (bool over, uint16 shareA) {
        (shareA, over) = read(data);
        if (!over) shareA = 0;
    }

    function read(bytes calldata data) private pure returns (uint16 share, bool over) {
        if (data.length != LENGTH) revert MalformedData(data.length, LENGTH);
        share = uint16(bytes2(data[:2]));
        if (share > WHOLE) revert MalformedData(share, WHOLE);
        uint8 flag = uint8(data[2]);
        if (flag > 1) revert MalformedData(flag, 1);
        over = flag == 1;
    }
}
