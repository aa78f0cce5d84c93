// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IERC20 { function transfer(address, uint256) external returns (bool); function transferFrom(address, address, uint256) external returns (bool); }

/// @title Channels of one token whose clock counts blocks, and whose states move an amount from one party to the other
contract BlockChannel {
    struct Ch { address alice; address bob; uint256 a; uint256 b; int256 delta; uint256 seq; uint256 closeBlock; bool open; }
    uint256 public constant WAIT = 50;
    IERC20 public token;
    Ch[] public chs;
    constructor(address t) { token = IERC20(t); }

    function create(address bob, uint256 amount) external returns (uint256) {
        require(token.transferFrom(msg.sender, address(this), amount));
        chs.push(Ch(msg.sender, bob, amount, 0, 0, 0, 0, true));
        return chs.length - 1;
    }
    function topUp(uint256 id, uint256 amount) external {
        Ch storage c = chs[id];
        require(c.open && c.closeBlock == 0, "not open");
        require(msg.sender == c.alice || msg.sender == c.bob, "stranger");
        require(token.transferFrom(msg.sender, address(this), amount));
        if (msg.sender == c.alice) c.a += amount; else c.b += amount;
    }
    function challenge(uint256 id, int256 delta, uint256 seq, bytes calldata sigA, bytes calldata sigB) external {
        Ch storage c = chs[id];
        require(c.open, "closed");
        require(c.closeBlock == 0 || block.number <= c.closeBlock, "over");
        require(seq > c.seq, "old");
        require(int256(c.a) + delta >= 0 && int256(c.b) - delta >= 0, "range");
        bytes32 h = keccak256(abi.encodePacked(address(this), block.chainid, "state", id, delta, seq));
        require(signer(h, sigA) == c.alice && signer(h, sigB) == c.bob, "sig");
        c.delta = delta;
        c.seq = seq;
        if (c.closeBlock == 0) c.closeBlock = block.number + WAIT;
    }
    function mutual(uint256 id, int256 delta, bytes calldata sigA, bytes calldata sigB) external {
        Ch storage c = chs[id];
        require(c.open, "closed");
        bytes32 h = keccak256(abi.encodePacked(address(this), block.chainid, "final", id, delta));
        require(signer(h, sigA) == c.alice && signer(h, sigB) == c.bob, "sig");
        require(int256(c.a) + delta >= 0 && int256(c.b) - delta >= 0, "range");
        c.delta = delta;
        payout(c);
    }
    function settle(uint256 id) external {
        Ch storage c = chs[id];
        require(c.open && c.closeBlock != 0 && block.number > c.closeBlock, "early");
        payout(c);
    }
    function payout(Ch storage c) private {
        c.open = false;
        uint256 a = uint256(int256(c.a) + c.delta);
        uint256 b = uint256(int256(c.b) - c.delta);
        require(token.transfer(c.alice, a), "pay");
        require(token.transfer(c.bob, b), "pay");
    }
    function signer(bytes32 h, bytes calldata s) private pure returns (address w) {
        bytes32 m = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", h));
        (bytes32 r, bytes32 ss, uint8 v) = (bytes32(s[:32]), bytes32(s[32:64]), uint8(s[64]));
        require(uint256(ss) <= 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0, "s");
        w = ecrecover(m, v, r, ss);
        require(w != address(0), "zero");
    }
}
