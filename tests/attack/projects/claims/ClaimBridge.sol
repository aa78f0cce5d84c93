// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A bridge whose relayer claims one message at a time, which a judge may reject for some hours
contract ClaimBridge {
    struct Msg {
        uint256 nonce;
        address from;
        address to;
        uint256 value;
        bytes data;
    }
    enum S {
        None,
        Claimed,
        Rejected,
        Paid
    }

    struct Claim {
        S state;
        uint64 at;
    }
    uint64 public constant WINDOW = 4 hours;
    address public immutable relayer;
    address public immutable judge;
    mapping(bytes32 => Claim) public claims;
    address public sender;
    bool public stopped;
    event Deposited(address who, uint256 value);

    constructor(address r, address j) {
        relayer = r;
        judge = j;
    }

    function deposit() external payable {
        emit Deposited(msg.sender, msg.value);
    }

    function stop(bool s) external {
        require(msg.sender == judge, "judge");
        stopped = s;
    }

    function id(Msg calldata m) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), m));
    }

    function claim(Msg calldata m) external {
        require(msg.sender == relayer, "relayer");
        require(m.to != address(this), "self");
        Claim storage c = claims[id(m)];
        require(c.state == S.None, "claimed");
        (c.state, c.at) = (S.Claimed, uint64(block.timestamp));
    }

    function reject(bytes32 h) external {
        require(msg.sender == judge, "judge");
        require(claims[h].state == S.Claimed, "state");
        claims[h].state = S.Rejected;
    }

    function execute(Msg calldata m) external {
        require(!stopped, "stopped");
        Claim storage c = claims[id(m)];
        require(c.state == S.Claimed, "not claimed");
        require(block.timestamp > c.at + WINDOW, "window");
        require(sender == address(0), "inside");
        c.state = S.Paid;
        sender = m.from;
        (bool ok,) = m.to.call{value: m.value}(m.data);
        require(ok, "target");
        sender = address(0);
    }
}
