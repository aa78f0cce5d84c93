// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title One-way channels of ether: the payer signs vouchers for ever more, and the payee redeems the last one
contract VoucherChannel {
    struct Channel {
        address payer;
        address payee;
        uint256 total;
        uint256 redeemed;
        uint64 leavesAt;
    }

    uint64 public constant NOTICE = 2 days;
    uint256 public count;
    mapping(uint256 id => Channel) public channels;

    error NotYours(address actual, address expected);
    error TooLittle(uint256 actual, uint256 least);
    error TooMuch(uint256 actual, uint256 most);
    error NotNow(uint256 actual, uint256 expected);

    function open(address payee) external payable returns (uint256 id) {
        id = ++count;
        channels[id] = Channel(msg.sender, payee, msg.value, 0, 0);
    }

    /// @notice Pays what a voucher adds to those before it.
    function redeem(uint256 id, uint256 amount, uint8 v, bytes32 r, bytes32 s) external {
        Channel storage c = channels[id];
        bytes32 voucher = keccak256(abi.encode(block.chainid, address(this), id, amount));
        address signer = ecrecover(voucher, v, r, s);
        if (signer != c.payer || signer == address(0)) revert NotYours(signer, c.payer);
        if (amount <= c.redeemed) revert TooLittle(amount, c.redeemed + 1);
        if (amount > c.total) revert TooMuch(amount, c.total);
        uint256 part = amount - c.redeemed;
        c.redeemed = amount;
        send(c.payee, part);
    }

    /// @notice The payer gives notice. The payee can redeem until the payer takes the rest.
    function leave(uint256 id) external {
        Channel storage c = channels[id];
        if (msg.sender != c.payer) revert NotYours(msg.sender, c.payer);
        if (c.leavesAt != 0) revert NotNow(block.timestamp, c.leavesAt);
        c.leavesAt = uint64(block.timestamp) + NOTICE;
    }

    /// @notice Pays the rest to the payer: after its notice, or at once if the payee asks for it.
    function close(uint256 id) external {
        Channel memory c = channels[id];
        if (c.payer == address(0)) revert NotYours(msg.sender, address(0));
        bool isOver = c.leavesAt != 0 && block.timestamp > c.leavesAt;
        if (msg.sender != c.payee && !isOver) revert NotNow(block.timestamp, c.leavesAt);
        delete channels[id];
        send(c.payer, c.total - c.redeemed);
    }

    function send(address to, uint256 amount) private {
        (bool sent,) = to.call{value: amount}("");
        require(sent);
    }
}
