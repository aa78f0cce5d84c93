// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// @title Channels of one token in which a newer state ends the close at once, and gives all to the other party
contract PenaltyChannel {
    enum Status {
        None,
        Open,
        Closing,
        Closed
    }

    struct Channel {
        address[2] parties;
        uint256[2] deposits;
        uint256 first;
        uint256 nonce;
        uint256 until;
        uint8 closer;
        Status status;
    }

    uint256 public constant WINDOW = 6 hours;
    IToken public immutable token;
    bytes32[] public ids;
    mapping(bytes32 id => Channel) private channels;

    constructor(IToken token_) {
        token = token_;
    }

    function get(bytes32 id) external view returns (Channel memory) {
        return channels[id];
    }

    function open(address other, uint256 mine, uint256 theirs) external returns (bytes32 id) {
        id = keccak256(abi.encode(block.chainid, address(this), ids.length));
        ids.push(id);
        Channel storage c = channels[id];
        (c.parties, c.deposits, c.first) = ([msg.sender, other], [mine, theirs], mine);
        take(mine);
    }

    function accept(bytes32 id) external {
        Channel storage c = channels[id];
        require(msg.sender == c.parties[1] && c.status == Status.None, "not invited");
        c.status = Status.Open;
        take(c.deposits[1]);
    }

    function close(bytes32 id, uint256 nonce, uint256 first, bytes[2] calldata signatures) external {
        Channel storage c = channels[id];
        require(c.status == Status.Open, "not open");
        require(msg.sender == c.parties[0] || msg.sender == c.parties[1], "no party");
        check(c, id, nonce, first, signatures);
        (c.nonce, c.first, c.until, c.status) = (nonce, first, block.timestamp + WINDOW, Status.Closing);
        c.closer = msg.sender == c.parties[0] ? 0 : 1;
    }

    function punish(bytes32 id, uint256 nonce, uint256 first, bytes[2] calldata signatures) external {
        Channel storage c = channels[id];
        require(c.status == Status.Closing && block.timestamp < c.until, "not closing");
        require(msg.sender == c.parties[1 - c.closer], "not the other party");
        require(nonce > c.nonce, "not newer");
        check(c, id, nonce, first, signatures);
        c.first = c.closer == 0 ? 0 : c.deposits[0] + c.deposits[1];
        pay(c);
    }

    function end(bytes32 id) external {
        Channel storage c = channels[id];
        require(c.status == Status.Closing && block.timestamp >= c.until, "too early");
        pay(c);
    }

    function pay(Channel storage c) private {
        c.status = Status.Closed;
        require(token.transfer(c.parties[0], c.first), "unpaid");
        require(token.transfer(c.parties[1], c.deposits[0] + c.deposits[1] - c.first), "unpaid");
    }

    function check(Channel storage c, bytes32 id, uint256 nonce, uint256 first, bytes[2] calldata s) private view {
        require(first <= c.deposits[0] + c.deposits[1], "too much");
        bytes32 digest = keccak256(abi.encode(id, nonce, first));
        for (uint256 i = 0; i < 2; i++) {
            require(s[i].length == 65, "no signature");
            address signer = ecrecover(digest, uint8(s[i][64]), bytes32(s[i][:32]), bytes32(s[i][32:64]));
            require(signer != address(0) && signer == c.parties[i], "wrong signature");
        }
    }

    function take(uint256 amount) private {
        require(token.transferFrom(msg.sender, address(this), amount), "not taken");
    }
}
