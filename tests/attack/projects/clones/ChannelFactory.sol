// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IERC20 {
    function transfer(address, uint256) external returns (bool);
    function transferFrom(address, address, uint256) external returns (bool);
    function balanceOf(address) external view returns (uint256);
}

/// @title A channel of two parties, which a factory clones; it pays out whatever tokens have arrived
contract Clone {
    IERC20 public coin;
    address public a;
    address public b;
    uint256 public version;
    uint256 public due;
    uint256 public expires;
    bool public done;

    function init(IERC20 c, address a_, address b_, uint256 put) external {
        require(a == address(0), "set up before");
        (coin, a, b, due) = (c, a_, b_, put);
    }

    function hashOf(uint256 v, uint256 d) public view returns (bytes32) {
        return keccak256(abi.encodePacked(block.chainid, address(this), v, d));
    }

    function dispute(uint256 v, uint256 d, bytes memory sigA, bytes memory sigB) external {
        require(!done, "done");
        require(expires == 0 || block.timestamp <= expires, "expired");
        require(v > version, "version");
        bytes32 h = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", hashOf(v, d)));
        require(check(h, sigA, a) && check(h, sigB, b), "unsigned");
        (version, due) = (v, d);
        if (expires == 0) expires = block.timestamp + 2 hours;
    }

    /// @notice Ends the channel as both agreed.
    function conclude(uint256 d, bytes memory sigA, bytes memory sigB) external {
        require(!done, "done");
        bytes32 h = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", hashOf(type(uint256).max, d)));
        require(check(h, sigA, a) && check(h, sigB, b), "unsigned");
        due = d;
        pay();
    }

    function finish() external {
        require(!done, "done");
        require(expires > 0 && block.timestamp > expires, "wait");
        pay();
    }

    function pay() private {
        done = true;
        uint256 all = coin.balanceOf(address(this));
        uint256 first = due < all ? due : all;
        if (first > 0) require(coin.transfer(a, first), "pay a");
        if (all > first) require(coin.transfer(b, all - first), "pay b");
    }

    function check(bytes32 h, bytes memory s, address who) private pure returns (bool) {
        if (s.length != 65) return false;
        bytes32 r;
        bytes32 t;
        uint8 v;
        assembly {
            r := mload(add(s, 32))
            t := mload(add(s, 64))
            v := byte(0, mload(add(s, 96)))
        }
        return who != address(0) && ecrecover(h, v, r, t) == who;
    }
}

/// @title Makes a clone for each channel
contract ChannelFactory {
    Clone public immutable code;
    IERC20 public immutable coin;
    Clone[] public all;

    constructor(IERC20 c) {
        coin = c;
        code = new Clone();
    }

    function count() external view returns (uint256) {
        return all.length;
    }

    function open(address b, uint256 put) external returns (Clone c) {
        bytes20 t = bytes20(address(code));
        bytes memory run =
            abi.encodePacked(hex"3d602d80600a3d3981f3363d3d373d3d3d363d73", t, hex"5af43d82803e903d91602b57fd5bf3");
        bytes32 salt = keccak256(abi.encode(msg.sender, b, all.length));
        address at;
        assembly { at := create2(0, add(run, 32), mload(run), salt) }
        require(at != address(0), "exists");
        c = Clone(at);
        c.init(coin, msg.sender, b, put);
        all.push(c);
        require(coin.transferFrom(msg.sender, at, put), "pull");
    }

    function join(uint256 i, uint256 put) external {
        require(coin.transferFrom(msg.sender, address(all[i]), put), "pull");
    }
}
