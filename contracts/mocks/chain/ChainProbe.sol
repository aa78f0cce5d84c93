// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProbeConsole} from "./ProbeConsole.sol";
import {ProbeInner} from "./ProbeInner.sol";

interface IChainProbe {
    struct Point {
        uint256 x;
        address owner;
    }

    event Incremented(address indexed by, uint256 count, string indexed tag, bytes note);
    event Environment(uint256 number, uint256 timestamp, uint256 chainId, uint256 randao, uint256 baseFee);

    error TooMany(uint256 actual, uint256 expected);
    error NotOwner(address actual, address expected);
    error Shaped(Point point, bytes32[] words);
}

/// What the chain tests look at a chain through: its environment, every way to fail, and calls in calls.
contract ChainProbe is IChainProbe {
    uint256 public count;
    address public immutable owner;
    ProbeInner public inner;

    constructor(uint256 first) payable {
        if (first > 1000) revert TooMany(first, 1000);
        count = first;
        owner = msg.sender;
    }

    receive() external payable {}

    function increment() external returns (uint256) {
        count += 1;
        emit Incremented(msg.sender, count, "tag", hex"beef");
        return count;
    }

    function add(uint256 amount) external {
        count += amount;
    }

    function add(uint256 amount, uint256 again) external {
        count += amount * again;
    }

    function failWithMessage(string calldata text) external {
        count += 1;
        require(false, text);
    }

    function failWithError(uint256 actual) external {
        count += 1;
        revert TooMany(actual, 7);
    }

    function failShaped(bytes32 word) external view {
        bytes32[] memory words = new bytes32[](2);
        words[0] = word;
        revert Shaped(Point(3, msg.sender), words);
    }

    function failSilently() external pure {
        assembly {
            revert(0, 0)
        }
    }

    function failOpaquely() external pure {
        assembly {
            mstore(0, 0xdeadbeef00000000000000000000000000000000000000000000000000000000)
            revert(0, 5)
        }
    }

    function failInvalid() external pure {
        assembly {
            invalid()
        }
    }

    function overflow(uint256 by) external view returns (uint256) {
        return count - by;
    }

    function outOfBounds(uint256 index) external pure returns (uint256) {
        uint256[] memory numbers = new uint256[](2);
        return numbers[index];
    }

    function environment() external view returns (uint256 number, uint256 timestamp, uint256 id, address origin) {
        return (block.number, block.timestamp, block.chainid, msg.sender);
    }

    function hashOf(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }

    function randao() external view returns (uint256) {
        return block.prevrandao;
    }

    function record() external {
        emit Environment(block.number, block.timestamp, block.chainid, block.prevrandao, block.basefee);
    }

    function makeInner(uint256 first) external returns (ProbeInner) {
        inner = new ProbeInner(first);
        return inner;
    }

    function viaInner(uint256 actual) external {
        inner.increment();
        inner.failWithError(actual);
    }

    function tryInner(uint256 actual) external returns (bool failed) {
        inner.increment();
        try inner.failWithError(actual) {}
        catch {
            failed = true;
        }
    }

    function say(string calldata text, uint256 number) external {
        count += 1;
        ProbeConsole.log(text, number);
        ProbeConsole.log(msg.sender);
    }

    function pay(address payable to, uint256 amount) external {
        (bool ok,) = to.call{value: amount}("");
        require(ok);
    }

    function point(uint256 x) external view returns (Point memory) {
        return Point(x, owner);
    }

    function sum(Point[] calldata points) external pure returns (uint256 total) {
        for (uint256 i = 0; i < points.length; i++) {
            total += points[i].x;
        }
    }

    function modexp(bytes calldata input) external view returns (bytes memory output) {
        bool ok;
        (ok, output) = address(5).staticcall(input);
        require(ok);
    }

    function burn(uint256 rounds) external {
        for (uint256 i = 0; i < rounds; i++) {
            count = uint256(keccak256(abi.encode(count, i)));
        }
    }

    function verify(bytes32 digest, uint8 v, bytes32 r, bytes32 s) external pure returns (address) {
        return ecrecover(digest, v, r, s);
    }
}
