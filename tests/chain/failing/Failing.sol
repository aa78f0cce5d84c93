// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base, Guarded} from "./Base.sol";
import {Callee, Fragile, Picky, Two} from "./Callee.sol";
import {Inlined, Linked} from "./Libraries.sol";

/// Every way to fail. `fails: x` marks the line that case x must show, `passes on: x` the call in a frame around it.
contract Failing is Base, Guarded {
    enum Colour {
        Red,
        Green
    }

    struct Point {
        uint128 x;
        uint128 y;
    }

    error Bad(uint256 actual, uint256 expected);
    error Bare();

    uint256[] public numbers; // fails: getter
    uint256[4] internal four;
    mapping(uint256 => Point[]) internal points;
    uint256 internal zero;
    uint256 internal big = type(uint256).max;
    int256 internal low = type(int256).min;
    bytes internal text;
    address payable internal nobody = payable(address(0xdead));
    Callee internal callee = new Callee();
    function() internal pointer;
    uint256 internal immutable limit = block.chainid + 7;

    // -- require and revert, several of a kind: the optimizer merges them

    function requireText() external {
        zero = 1;
        require(zero == 0, "not zero"); // fails: requireText
        zero = 2;
    }

    function requireTextAgain() external view {
        require(zero == 1, "not zero"); // fails: requireTextAgain
    }

    function requireOtherText() external view {
        require(zero == 2, "not two"); // fails: requireOtherText
    }

    function requireSilently() external view {
        require(zero == 0);
        require(zero == 1); // fails: requireSilently
        require(zero == 2);
    }

    function requireError() external view {
        require(zero == 1, Bad(zero, 1)); // fails: requireError
    }

    function requireBare() external view {
        require(zero == 1, Bare()); // fails: requireBare
    }

    function requireOnLines() external view {
        require( // fails: requireOnLines
            zero == 1 &&
                big > 1,
            "spread over lines"
        );
    }

    function firstOfThree() external view {
        if (zero == 0) revert Bare(); // fails: firstOfThree
        if (zero == 0) revert Bare();
        if (zero == 0) revert Bare();
    }

    function secondOfThree() external view {
        if (zero == 1) revert Bare();
        if (zero == 0) revert Bare(); // fails: secondOfThree
        if (zero == 0) revert Bare();
    }

    function thirdOfThree() external view {
        if (zero == 1) revert Bare();
        if (zero == 2) {
            revert Bare();
        } else if (big > 2) {
            revert Bare(); // fails: thirdOfThree
        }
        revert Bare();
    }

    function revertBad() external view {
        if (zero != 3) revert Bad(zero, 3); // fails: revertBad
    }

    function revertBadAgain() external view {
        if (zero != 4) revert Bad(zero + 1, 4); // fails: revertBadAgain
    }

    function revertOnLines() external view {
        if (zero != 5) {
            revert Bad( // fails: revertOnLines
                zero,
                5
            );
        }
    }

    function revertText() external pure {
        revert("no"); // fails: revertText
    }

    function revertSilently() external view {
        if (zero == 0) revert(); // fails: revertSilently
    }

    function revertLongText() external pure {
        revert("a text of more than thirty-two bytes, which takes two words"); // fails: revertLongText
    }

    function assertion() external view {
        assert(zero == 0);
        assert(zero == 1); // fails: assertion
    }

    // -- panics

    function overflow() external view returns (uint256) {
        return big + 1; // fails: overflow
    }

    function underflow() external view returns (uint256) {
        return zero - 1; // fails: underflow
    }

    function underflowAgain() external view returns (uint256) {
        uint256 fine = zero - 0;
        return fine + (zero - 2); // fails: underflowAgain
    }

    function product() external view returns (uint256) {
        return big * 2; // fails: product
    }

    function power() external view returns (uint256) {
        return big ** 2; // fails: power
    }

    function negation() external view returns (int256) {
        return -low; // fails: negation
    }

    function narrow() external view returns (uint8) {
        uint8 small = uint8(big);
        return small + 1; // fails: narrow
    }

    function increment() external {
        big++; // fails: increment
    }

    function decrement() external {
        zero -= 1; // fails: decrement
    }

    function division() external view returns (uint256) {
        return 1 / zero; // fails: division
    }

    function remainder() external view returns (uint256) {
        return 1 % zero; // fails: remainder
    }

    function modularSum() external view returns (uint256) {
        return addmod(1, 2, zero); // fails: modularSum
    }

    function uncheckedDivision() external view returns (uint256) {
        unchecked {
            uint256 wrapped = zero - 1;
            return wrapped / zero; // fails: uncheckedDivision
        }
    }

    function index() external view returns (uint256) {
        return numbers[zero]; // fails: index
    }

    function indexWritten() external {
        numbers[3] = 1; // fails: indexWritten
    }

    function indexFixed() external view returns (uint256) {
        return four[big]; // fails: indexFixed
    }

    function indexInMemory() external view returns (uint256) {
        uint256[] memory three = new uint256[](3);
        three[0] = 1;
        return three[zero + 3]; // fails: indexInMemory
    }

    function indexNested() external view returns (uint128) {
        return points[7][1].y; // fails: indexNested
    }

    function indexOfBytes() external view returns (bytes1) {
        return text[zero]; // fails: indexOfBytes
    }

    function indexOfCalldata(uint256[] calldata given) external pure returns (uint256) {
        return given[1]; // fails: indexOfCalldata
    }

    function slice(bytes calldata given) external pure returns (bytes calldata) {
        return given[4:]; // fails: slice
    }

    function conversion() external view returns (Colour) {
        return Colour(zero + 2); // fails: conversion
    }

    function pop() external {
        numbers.pop(); // fails: pop
    }

    function allocation() external view returns (uint256) {
        uint256[] memory much = new uint256[](big); // fails: allocation
        return much.length;
    }

    function unsetPointer() external {
        pointer(); // fails: unsetPointer
    }

    // -- places

    function inHelper() external {
        numbers.push(1);
        helper(zero);
    }

    function helper(uint256 value) internal view returns (uint256) {
        require(value > 7, "helper failed"); // fails: inHelper
        return value;
    }

    function inDeepHelper() external view returns (uint256) {
        return outer(zero) + outer(1);
    }

    function outer(uint256 value) private view returns (uint256) {
        return inner(value + 1) + 1;
    }

    function inner(uint256 value) private view returns (uint256) {
        return 10 / (value - 1 + zero); // fails: inDeepHelper
    }

    function recursion(uint256 depth) public view returns (uint256) {
        if (depth == 3) revert Bad(depth, limit); // fails: recursion
        return recursion(depth + 1) + 1;
    }

    function inModifier() external onlyOwner {
        zero = 1;
    }

    function inModifierWithArgument() external atMost(9, 8) {
        zero = 1;
    }

    function afterModifier() external guarded {
        require(zero == 1, "behind the modifier"); // fails: afterModifier
    }

    function inLoop() external view returns (uint256 sum) {
        for (uint256 i = 0; i < 9; i++) {
            sum += 100 / (5 - i); // fails: inLoop
        }
    }

    function inWhile() external view {
        uint256 i = 3;
        while (true) {
            i -= 1; // fails: inWhile
        }
    }

    function inTernary() external view returns (uint256) {
        return zero == 0
            ? 1 / zero // fails: inTernary
            : 2 / zero;
    }

    function inElse() external view returns (uint256) {
        return zero == 1
            ? 1 / zero
            : 2 / zero; // fails: inElse
    }

    function inLongExpression() external view returns (uint256) {
        return
            big +
            (zero - // fails: inLongExpression
                1);
    }

    function inUnchecked() external view {
        unchecked {
            require(zero - 1 == 0, "not checked"); // fails: inUnchecked
        }
    }

    function inAssembly() external view {
        uint256 value = zero;
        assembly {
            if iszero(value) {
                mstore(0, 1)
                revert(0, 32) // fails: inAssembly
            }
        }
    }

    function inAssemblyInvalid() external view {
        if (zero == 0) {
            assembly {
                invalid() // fails: inAssemblyInvalid
            }
        }
    }

    function inAssemblyFunction() external view {
        uint256 value = zero;
        assembly {
            function fail(what) {
                mstore(0, what)
                revert(0, 64) // fails: inAssemblyFunction
            }
            fail(value)
        }
    }

    function inBase() external view {
        baseCheck(zero);
    }

    function inSuper() external view {
        overridden(zero);
    }

    function overridden(uint256 value) internal view override {
        require(value < 9, "own check");
        super.overridden(value);
    }

    function inInlinedLibrary() external view returns (uint256) {
        return Inlined.check(zero);
    }

    function inAttachedLibrary() external view returns (uint256) {
        return Inlined.checkTwice(big);
    }

    function inLinkedLibrary() external view returns (uint256) {
        return Linked.check(zero); // passes on: inLinkedLibrary
    }

    function immutableTold() external view {
        require(limit == 0, "limit"); // fails: immutableTold
    }

    function freeFunction() external view returns (uint256) {
        return free(zero);
    }

    // -- calls and creations

    function callFails() external {
        zero = 1;
        callee.fail(4); // passes on: callFails
    }

    function callFailsSilently() external view {
        callee.failSilently(); // passes on: callFailsSilently
    }

    function callPanics() external view returns (uint256) {
        return callee.divide( // passes on: callPanics
            1,
            zero
        );
    }

    function callThroughTwo() external {
        callee.relay(callee); // passes on: callThroughTwo
    }

    function callNobody() external view returns (uint256) {
        return Callee(nobody).divide(1, 1); // fails: callNobody
    }

    function callNobodyWithoutAnswer() external {
        Callee(nobody).fail(1); // fails: callNobodyWithoutAnswer
    }

    function answerTooShort() external view returns (uint256, uint256) {
        return Two(address(callee)).one(); // fails: answerTooShort
    }

    function answerNoBool() external view returns (bool) {
        return Picky(address(callee)).seven(); // fails: answerNoBool
    }

    function lowLevel() external {
        (bool ok,) = address(callee).call(abi.encodeCall(Callee.fail, (4)));
        require(ok, "low-level call failed"); // fails: lowLevel
    }

    function lowLevelSilently() external {
        (bool ok,) = address(callee).call(abi.encodeCall(Callee.failSilently, ()));
        require(ok); // fails: lowLevelSilently
    }

    function transferTooMuch() external {
        payable(msg.sender).transfer(1 ether); // fails: transferTooMuch
    }

    function valueTooMuch() external {
        callee.take{value: 1 ether}(); // fails: valueTooMuch
    }

    function transferRefused() external payable {
        payable(address(callee)).transfer(1); // passes on: transferRefused
    }

    function decodes() external pure returns (uint256, uint256) {
        return abi.decode(hex"00", (uint256, uint256)); // fails: decodes
    }

    function creationFails() external {
        zero = 1;
        new Fragile(zero); // passes on: creationFails
    }

    function saltedCreationFails() external {
        new Fragile{salt: bytes32(zero)}(2); // passes on: saltedCreationFails
    }

    function createdThenFails() external {
        Fragile made = new Fragile(7);
        made.poke(zero); // passes on: createdThenFails
    }

    function caughtThenFails() external {
        try callee.fail(4) {
            zero = 1;
        } catch {
            revert Bare(); // fails: caughtThenFails
        }
    }

    function succeedsThenFails() external {
        try callee.divide(4, 2) returns (uint256 half) {
            require(half == 3, "half"); // fails: succeedsThenFails
        } catch {
            revert Bare();
        }
    }

    function triesNobody() external {
        try Callee(nobody).fail(1) { // fails: triesNobody
            zero = 1;
        } catch {
            zero = 2;
        }
    }

    // -- arguments

    function takesBool(bool given) external pure returns (bool) { // fails: badBool, shortArguments
        return given;
    }

    function takesColour(Colour given) external pure returns (Colour) { // fails: badEnum
        return given;
    }

    function takesArray(uint256[] calldata given) external pure returns (uint256) { // fails: badOffset
        return given.length;
    }

    function free_() external view { // fails: valueRefused
        zero;
    }

    receive() external payable {
        require(msg.value == 0, "no ether"); // fails: received
    }

    fallback() external {
        revert Bad(msg.data.length, 0); // fails: fellBack
    }
}

function free(uint256 value) pure returns (uint256) {
    return 1 / value; // fails: freeFunction
}
