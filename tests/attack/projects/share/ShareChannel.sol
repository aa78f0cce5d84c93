// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// @title Channels of one token whose states have a nonce and the share of the first party
contract ShareChannel {
    struct Channel {
        address a;
        address b;
        uint256 total;
        uint256 shareA;
        uint64 nonce;
        uint64 closesAt;
    }

    uint64 public constant WINDOW = 1 days;
    IToken public immutable token;
    uint256 public count;
    mapping(uint256 id => Channel) public channels;

    error Refused(string why);

    constructor(IToken token_) {
        token = token_;
    }

    function open(address b, uint256 amount) external returns (uint256 id) {
        id = ++count;
        channels[id] = Channel(msg.sender, b, amount, amount, 0, 0);
        pull(amount);
    }

    function join(uint256 id, uint256 amount) external {
        Channel storage c = channels[id];
        if (msg.sender != c.b) revert Refused("not the second party");
        if (c.closesAt != 0) revert Refused("closing");
        c.total += amount;
        pull(amount);
    }

    function submit(uint256 id, uint64 nonce, uint256 shareA, bytes calldata sigA, bytes calldata sigB) external {
        Channel storage c = channels[id];
        if (nonce <= c.nonce) revert Refused("an old nonce");
        if (shareA > c.total) revert Refused("more than the channel has");
        if (c.closesAt != 0 && block.timestamp > c.closesAt) revert Refused("too late");
        bytes32 digest = keccak256(abi.encode(block.chainid, address(this), id, nonce, shareA));
        if (recover(digest, sigA) != c.a) revert Refused("the first signature");
        if (recover(digest, sigB) != c.b) revert Refused("the second signature");
        (c.nonce, c.shareA) = (nonce, shareA);
        if (c.closesAt == 0) c.closesAt = uint64(block.timestamp) + WINDOW;
    }

    function settle(uint256 id) external {
        Channel memory c = channels[id];
        if (c.closesAt == 0 || block.timestamp <= c.closesAt) revert Refused("not yet");
        delete channels[id];
        if (!token.transfer(c.a, c.shareA)) revert Refused("the token refused");
        if (!token.transfer(c.b, c.total - c.shareA)) revert Refused("the token refused");
    }

    function pull(uint256 amount) private {
        if (!token.transferFrom(msg.sender, address(this), amount)) revert Refused("the token refused");
    }

    function recover(bytes32 digest, bytes calldata s) private pure returns (address signer) {
        if (s.length != 65) revert Refused("no signature of 65 bytes");
        signer = ecrecover(digest, uint8(s[64]), bytes32(s[:32]), bytes32(s[32:64]));
        if (signer == address(0)) revert Refused("nobody signed");
    }
}
