// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IERC20 {
    function transfer(address, uint256) external returns (bool);
    function transferFrom(address, address, uint256) external returns (bool);
}

/// @title Two-way channels of one token: each party signs the total that it has ever sent, and shows what it received
contract TotalsChannel {
    struct Side {
        address who;
        uint128 deposit;
        uint128 received;
        uint64 nonce;
    }

    struct Chan {
        Side[2] side;
        uint64 settleAt;
        bool open;
    }
    uint64 public constant GRACE = 1 days;
    IERC20 public immutable token;
    uint256 public made;
    mapping(uint256 => Chan) private chans;

    constructor(IERC20 t) {
        token = t;
    }

    function look(uint256 id) external view returns (Chan memory) {
        return chans[id];
    }

    function open(address peer) external returns (uint256 id) {
        require(peer != address(0) && peer != msg.sender, "peer");
        id = ++made;
        Chan storage c = chans[id];
        (c.side[0].who, c.side[1].who, c.open) = (msg.sender, peer, true);
    }

    function put(uint256 id, uint128 amount) external {
        Chan storage c = chans[id];
        require(c.open && c.settleAt == 0, "not open");
        c.side[index(c, msg.sender)].deposit += amount;
        require(token.transferFrom(msg.sender, address(this), amount), "pull");
    }

    /// @notice Starts the clock, and shows what the caller received, if the nonce is not 0.
    function close(uint256 id, uint64 nonce, uint128 total, bytes calldata sig) external {
        Chan storage c = chans[id];
        require(c.open && c.settleAt == 0, "not open");
        c.settleAt = uint64(block.timestamp) + GRACE;
        if (nonce > 0) receiveBy(c, id, index(c, msg.sender), nonce, total, sig);
        else index(c, msg.sender);
    }

    function show(uint256 id, address receiver, uint64 nonce, uint128 total, bytes calldata sig) external {
        Chan storage c = chans[id];
        require(c.settleAt != 0 && block.timestamp < c.settleAt, "not now");
        receiveBy(c, id, index(c, receiver), nonce, total, sig);
    }

    function receiveBy(Chan storage c, uint256 id, uint256 i, uint64 nonce, uint128 total, bytes calldata sig) private {
        require(nonce > c.side[i].nonce, "nonce");
        bytes32 h = keccak256(abi.encode(block.chainid, address(this), id, c.side[i].who, nonce, total));
        require(sig.length == 65, "length");
        address by = ecrecover(h, uint8(sig[64]), bytes32(sig[0:32]), bytes32(sig[32:64]));
        require(by != address(0) && by == c.side[1 - i].who, "signature");
        (c.side[i].nonce, c.side[i].received) = (nonce, total);
    }

    function settle(uint256 id) external {
        Chan storage c = chans[id];
        require(c.open && c.settleAt != 0 && block.timestamp >= c.settleAt, "not now");
        c.open = false;
        uint256 pot = uint256(c.side[0].deposit) + c.side[1].deposit;
        uint256 plus = uint256(c.side[0].deposit) + c.side[0].received;
        uint256 first = plus > c.side[1].received ? plus - c.side[1].received : 0;
        if (first > pot) first = pot;
        require(token.transfer(c.side[0].who, first), "pay 0");
        require(token.transfer(c.side[1].who, pot - first), "pay 1");
    }

    function index(Chan storage c, address who) private view returns (uint256) {
        if (who == c.side[0].who) return 0;
        require(who == c.side[1].who, "no party");
        return 1;
    }
}
