// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Two parties bisect eight squarings in turns, on one clock each; the winner takes the pot
contract Duel {
    struct Claim {
        uint256 end;
        uint256 half;
        bytes32 value;
        address claimant;
        uint256 time;
        uint256 used; // blocks that the claimant has used
    }

    uint256 public constant CLOCK = 60;
    uint256 public constant BOND = 0.1 ether;
    bytes32 public constant START = keccak256(abi.encode(3));
    address public immutable asserter;
    address public immutable challenger;
    Claim[] private claims;
    address public winner;
    address public stepper;
    uint256 public burnt;
    mapping(address who => uint256) public credit;

    error Refused(string why);

    constructor(bytes32 root, address challenger_, bytes32 middle, address asserter_) payable {
        if (msg.value != 2 * BOND) revert Refused("not both bonds");
        (asserter, challenger) = (asserter_, challenger_);
        claims.push(Claim(8, 4, root, asserter_, block.number, 0));
        claims.push(Claim(4, 2, middle, challenger_, block.number, 0));
    }

    function all() external view returns (Claim[] memory) {
        return claims;
    }

    function turn() public view returns (address) {
        return claims[claims.length - 1].claimant == asserter ? challenger : asserter;
    }

    function deadline() public view returns (uint256) {
        return claims[claims.length - 1].time + CLOCK - claims[claims.length - 2].used;
    }

    function move(uint256 id, bool defend, bytes32 value) external {
        Claim storage c = claims[id];
        if (id != claims.length - 1) revert Refused("not the newest claim");
        if (msg.sender != turn()) revert Refused("not your turn");
        if (c.half == 0 || winner != address(0) || stepper != address(0)) revert Refused("no such answer");
        if (block.number >= deadline()) revert Refused("too late");
        uint256 used = claims[id - 1].used + block.number - c.time;
        claims.push(Claim(defend ? c.end + c.half : c.end - c.half, c.half / 2, value, msg.sender, block.number, used));
    }

    function step(uint256 id, bool defend, uint256 number) external {
        Claim storage c = claims[id];
        if (id != claims.length - 1 || c.half != 0 || stepper != address(0)) revert Refused("no open leaf");
        if (msg.sender != turn()) revert Refused("not your turn");
        if (block.number >= deadline()) revert Refused("too late");
        uint256 before = defend ? c.end : c.end - 1;
        (bytes32 from,) = before == 0 ? (START, 0) : find(before);
        (bytes32 to, uint256 distance) = find(before + 1);
        if (keccak256(abi.encode(number)) != from) revert Refused("not the number before");
        bool right = keccak256(abi.encode(mulmod(number, number, 1 << 255) + 1)) == to;
        if (right == (distance % 2 == 0)) revert Refused("it counters nothing");
        stepper = msg.sender;
    }

    function finish() external {
        if (winner != address(0)) revert Refused("finished before");
        if (stepper == address(0) && block.number < deadline()) revert Refused("not now");
        winner = stepper != address(0) ? stepper : claims[claims.length - 1].claimant;
        credit[winner] += 2 * BOND - BOND / 4;
        burnt += BOND / 4;
    }

    function withdraw() external {
        uint256 due = credit[msg.sender];
        if (due == 0) revert Refused("nothing is owed");
        credit[msg.sender] = 0;
        (bool taken,) = msg.sender.call{value: due}("");
        if (!taken) revert Refused("not taken");
    }

    function find(uint256 end) private view returns (bytes32, uint256 distance) {
        uint256 id = claims.length - 1;
        for (; claims[id].end != end; distance++) id--;
        return (claims[id].value, distance);
    }
}
