// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title One-way channels of ether: the recipient closes by one signature, the sender takes all after a fixed time
contract FixedExpiry {
    struct P { address payable sender; address payable recipient; uint256 expiration; uint256 held; }
    mapping(bytes32 => P) public ps;
    uint256 nonce;
    mapping(address => uint256) public unsent;
    event Opened(bytes32 id);

    function open(address payable recipient, uint256 duration) external payable returns (bytes32 id) {
        id = keccak256(abi.encode(address(this), block.chainid, msg.sender, recipient, nonce++));
        ps[id] = P(payable(msg.sender), recipient, block.timestamp + duration, msg.value);
        emit Opened(id);
    }
    function close(bytes32 id, uint256 amount, bytes memory signature) external {
        P memory p = ps[id];
        require(msg.sender == p.recipient, "recipient");
        require(amount <= p.held, "amount");
        require(isValid(id, p.sender, amount, signature), "signature");
        delete ps[id];
        p.recipient.transfer(amount);
        pay(p.sender, p.held - amount);
    }
    function extend(bytes32 id, uint256 expiration) external {
        require(msg.sender == ps[id].sender, "sender");
        require(expiration > ps[id].expiration, "shorter");
        ps[id].expiration = expiration;
    }
    function claimTimeout(bytes32 id) external {
        P memory p = ps[id];
        require(block.timestamp >= p.expiration, "early");
        delete ps[id];
        pay(p.sender, p.held);
    }
    function pay(address payable who, uint256 amount) private {
        if (!who.send(amount)) unsent[who] += amount;
    }
    function isValid(bytes32 id, address who, uint256 amount, bytes memory sig) internal pure returns (bool) {
        require(sig.length == 65, "length");
        bytes32 m = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", keccak256(abi.encodePacked(id, amount))));
        bytes32 r; bytes32 s; uint8 v;
        assembly { r := mload(add(sig, 32)) s := mload(add(sig, 64)) v := byte(0, mload(add(sig, 96))) }
        address w = ecrecover(m, v, r, s);
        return w == who && w != address(0);
    }
}
