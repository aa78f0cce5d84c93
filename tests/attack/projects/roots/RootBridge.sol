// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title A bridge whose owner posts roots, each of which counts for good after a time; a claim brings its path along
contract RootBridge {
    address public owner;
    mapping(bytes32 => uint256) public trustedFrom;
    mapping(bytes32 => bool) public claimed;
    bytes32 public newest;
    uint256 public constant HOLD = 2 hours;
    bool public started;

    function initialize(address o) external { require(!started, "started"); started = true; owner = o; }
    function enter() external payable {}
    function postRoot(bytes32 root) external {
        require(msg.sender == owner, "owner");
        newest = root;
        trustedFrom[root] = block.timestamp + HOLD;
    }
    function revoke(bytes32 root) external {
        require(msg.sender == owner, "owner");
        trustedFrom[root] = 0;
    }
    function leafOf(uint256 index, address from, address to, uint256 amount) public view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), index, from, to, amount))));
    }
    function verify(bytes32 root, bytes32 leaf, bytes32[] calldata path) public pure {
        bytes32 n = leaf;
        for (uint256 i = 0; i < path.length; i++) n = n < path[i] ? keccak256(abi.encode(n, path[i])) : keccak256(abi.encode(path[i], n));
        require(n == root, "path");
    }
    function claim(bytes32 root, uint256 index, address from, address to, uint256 amount, bytes32[] calldata path) external {
        require(trustedFrom[root] != 0 && block.timestamp >= trustedFrom[root], "root");
        bytes32 leaf = leafOf(index, from, to, amount);
        verify(root, leaf, path);
        require(!claimed[leaf], "claimed");
        claimed[leaf] = true;
        (bool ok,) = to.call{value: amount}("");
        require(ok, "refused");
    }
}
