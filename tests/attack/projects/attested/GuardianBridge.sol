// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A bridge without roots: two of three guardians attest each withdrawal, once for all, and it is paid after a delay
contract GuardianBridge {
    address[3] public guardians;
    address public owner;
    uint256 public constant DELAY = 1 hours;
    bool public paused;
    bytes32 private immutable domain;
    mapping(bytes32 => uint256) public provenAt;
    mapping(bytes32 => bool) public done;
    event Deposited(address indexed from, uint256 value);
    uint256 private locked = 1;

    struct Order { uint256 nonce; address from; address to; uint256 value; uint256 gas; bytes data; }

    constructor(address[3] memory g) {
        guardians = g;
        owner = msg.sender;
        domain = keccak256(abi.encode("GuardianBridge", block.chainid, address(this)));
    }
    function deposit() external payable { emit Deposited(msg.sender, msg.value); }
    function setPaused(bool p) external { require(msg.sender == owner, "owner"); paused = p; }
    function setGuardian(uint256 i, address g) external { require(msg.sender == owner, "owner"); guardians[i] = g; }
    function hash(Order calldata o) public view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", domain, keccak256(abi.encode(o.nonce, o.from, o.to, o.value, o.gas, keccak256(o.data)))));
    }
    function attest(Order calldata o, bytes[] calldata sigs) external {
        require(!paused, "paused");
        bytes32 h = hash(o);
        require(sigs.length >= 2, "threshold");
        address last;
        for (uint256 i = 0; i < sigs.length; i++) {
            address w = signer(h, sigs[i]);
            require(w > last, "order");
            require(w == guardians[0] || w == guardians[1] || w == guardians[2], "guardian");
            last = w;
        }
        require(provenAt[h] == 0, "attested");
        provenAt[h] = block.timestamp;
    }
    function execute(Order calldata o) external {
        require(!paused, "paused");
        require(locked == 1, "locked");
        locked = 2;
        bytes32 h = hash(o);
        require(provenAt[h] != 0, "not attested");
        require(block.timestamp > provenAt[h] + DELAY, "early");
        require(!done[h], "done");
        require(o.to != address(this), "self");
        done[h] = true;
        require(gasleft() * 63 / 64 > o.gas + 40_000, "gas");
        (bool ok,) = o.to.call{value: o.value, gas: gasleft() - 30_000}(o.data);
        require(ok || o.data.length > 0, "call");
        locked = 1;
    }
    function signer(bytes32 h, bytes calldata s) private pure returns (address w) {
        require(s.length == 65, "length");
        w = ecrecover(h, uint8(s[64]), bytes32(s[:32]), bytes32(s[32:64]));
        require(w != address(0), "zero");
    }
}
