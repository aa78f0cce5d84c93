// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface Two {
    function one() external view returns (uint256, uint256);
}

interface Picky {
    function seven() external view returns (bool);
}

contract Callee {
    error Failed(uint256 value);

    uint256 internal value;

    function fail(uint256 given) external {
        value = given;
        if (given == 3) revert Failed(3);
        if (given == 4) revert Failed(given); // fails: callFails
    }

    function failSilently() external view {
        require(value == 0);
        require(value == 1); // fails: callFailsSilently
    }

    function divide(uint256 one, uint256 other) external pure returns (uint256) {
        return one / other; // fails: callPanics
    }

    function relay(Callee next) external {
        next.relayed(); // passes on: callThroughTwo
    }

    function relayed() external view {
        require(value == 1, "relayed"); // fails: callThroughTwo
    }

    function take() external payable {
        value = msg.value;
    }

    function one() external view returns (uint256) {
        return value;
    }

    function seven() external view returns (uint256) {
        return value + 7;
    }

    receive() external payable {
        if (msg.value > 0) revert Failed(msg.value); // fails: transferRefused
    }
}

contract Fragile {
    uint256 public immutable seed;

    constructor(uint256 given) payable {
        require(given != 1, "one"); // fails: creationFails
        require(given != 2, "two"); // fails: saltedCreationFails
        seed = 100 / given; // fails: constructorPanics
    }

    function poke(uint256 given) external view {
        require(given == seed, "poked"); // fails: createdThenFails
    }
}

contract Inheriting is Fragile {
    uint256 internal count;

    constructor(uint256 given) Fragile(given) {
        count = 10 - given; // fails: derivedConstructorFails
        require(count < 7, "count"); // fails: derivedConstructorRefuses
    }
}
