// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

// Counted by hand: behind `//` stands what the test's calls do. `+` says that a statement that begins on the line ran,
// `-` that none did, `f` and `g` that the function that begins there was entered, and was not. A branch has its kind and
// its ways, with `!` before those that were not taken.

function free(uint256 a) pure returns (uint256) { // f
    return a + 1; // +
}

library Lib {
    function twice(uint256 a) internal pure returns (uint256) { // f
        return a * 2; // +
    }

    function never(uint256 a) internal pure returns (uint256) { // g
        return a * 3; // -
    }
}

abstract contract Base {
    uint256 public immutable made = 3; // +
    uint256 internal constant TEN = 10;

    constructor(uint256 start) { // f
        require(start != TEN); // + require:holds,!fails
    }

    function hook() internal virtual returns (uint256) { // g
        return 1; // -
    }

    function overloaded(uint256 a) public pure returns (uint256) { // f
        return a; // +
    }

    function overloaded(bool a) public pure returns (bool) { // g
        return a; // -
    }
}

contract Other {
    error Bad(uint256 value);

    uint256 public seen;

    constructor(uint256 start) { // f
        if (start == 2) revert Bad(start); // + if:true,false
        seen = start; // +
    }

    function fail(uint256 how) external pure returns (uint256) { // f
        if (how == 1) revert("one"); // + if:true,false
        if (how == 2) assert(false); // + if:true,false assert:!holds,fails
        if (how == 3) revert Bad(how); // + if:true,false
        return how; // +
    }
}

// Its code is put at an address, so that nothing creates it.
contract Preset {
    uint256 public preset = 4; // -

    function get() external view returns (uint256) { // f
        return preset; // +
    }
}

contract Every is Base {
    event Seen(uint256 value);
    error Low(uint256 value);

    uint256 public total = 7; // +
    uint256 public immutable limit;
    address public owner;
    uint256[] public list;

    modifier onlyOwner() { // f
        require(msg.sender == owner, "not owner"); // + require:holds,fails
        _;
        total += 1; // +
    }

    modifier nothing() {
        _;
    }

    constructor(uint256 limit_) Base(limit_) { // f
        limit = limit_; // +
        owner = msg.sender; // +
    }

    receive() external payable {} // f

    fallback() external payable { // g
        total = 1; // -
    }

    function empty() external {} // f

    function emptyToo() external {} // g

    function hook() internal override returns (uint256) { // f
        total = 5; // +
        return 2; // +
    }

    function ifs(uint256 a) external returns (uint256 r) { // f
        if (a > 10) { // + if:true,false
            r = 1; // +
        } else if (a > 5) { // + if:!true,false
            r = 2; // -
        } else {
            r = 3; // +
        }
        if (a == 3) r = 4; // + if:true,false
        if (a == 11) {} // + if:true,false
        if (a == 12) {} else r = 5; // + if:!true,false
        r = a > 7 ? r + 1 : r + 2; // + ?::true,false
        r = a > 99 ? (a > 100 ? 1 : 2) : 3; // + ?::!true,false ?::!true,!false
        bool both = a > 1 && a < 5; // + &&:right side,!left side alone
        bool either = a > 1 || a < 5; // + ||:!right side,left side alone
        emit Seen(both ? 1 : either ? 2 : 3); // + ?::true,false ?::true,!false
    }

    function checks(uint256 a) external returns (uint256) { // f
        require(a != 13); // + require:holds,!fails
        require( // + require:holds,fails
            a != 14,
            "fourteen"
        );
        assert(a != 15); // + assert:holds,!fails
        require(Lib.twice(a) > 1 && a < 90, "range"); // + require:holds,!fails &&:right side,!left side alone
        if (a == 16) // + if:true,false
            revert Low(a); // +
        total += this.overloaded(a); // +
        return hook(); // +
    }

    function loops(uint256 n) external returns (uint256 sum) { // f
        for (uint256 i = 0; i < n; i++) { // + for:body,!end
            if (i == 2) continue; // + if:true,false
            if (i == 4) break; // + if:true,false
            sum += i; // +
        }
        for (uint256 i = 0; i < 0; i++) { // + for:!body,end
            sum += i; // -
        }
        uint256 j; // +
        while (j < n) { // + while:body,end
            j++; // +
        }
        do {
            j--; // +
        } while (j > 0); // + do while:body,end
        for (;;) {
            break; // +
        }
        delete total; // +
        list.push(sum); // +
        (uint256 x, uint256 y) = (sum, n); // +
        unchecked {
            sum = x - y + y; // +
        }
        return free(Lib.twice(sum)); // +
    }

    function tries(uint256 how) external returns (uint256 r) { // f
        Other other = new Other(1); // +
        try other.fail(how) returns (uint256 v) { // + try:success,catch Error,catch Panic,!catch
            r = v; // +
        } catch Error(string memory) {
            r = 101; // +
        } catch Panic(uint256) {
            r = 102; // +
        } catch (bytes memory) {
            r = 103; // -
        }
        try new Other(how) returns (Other) {} catch {} // + try:success,catch
        try other.fail(4) { // + try:success,!catch
            r++; // +
        } catch {
            r--; // -
        }
        try other.fail(3) { // + try:!success,!catch Error,catch
            r++; // -
        } catch Error(string memory) {
            r--; // -
        } catch {
            r += 2; // +
        }
    }

    function yul(uint256 a) external pure returns (uint256 r) { // f
        assembly {
            function add3(x) -> y {
                if iszero(x) { leave } // + if:!true,false
                y := add(x, 3) // +
            }
            let x := add(a, 1) // +
            if gt(x, 10) { // + if:!true,false
                r := 1 // -
            }
            switch x // + switch:!case 1,case 2,!default
            case 1 {
                r := 2 // -
            }
            case 2 {
                r := 3 // +
            }
            default {
                r := add(r, 4) // -
            }
            for { let i := 0 } lt(i, a) { i := add(i, 1) } { // + for:body,end
                r := add3(r) // +
            }
        }
    }

    function owned() external onlyOwner nothing { // f
        total = 9; // +
    }

    function alsoOwned(uint256 a) external onlyOwner { // f
        total = a; // -
    }

    function starved() external { // f
        total = 2; // +
        for (uint256 i = 0; true; i++) { // + for:body,!end
            total += 3; // +
        }
        total = 4; // -
    }

    function inner(uint256 a) internal pure returns (uint256) { // g
        if (a == 1) return 2; // -
        return a; // -
    }
}

uint256 constant LIMIT = 40;

// Checks that revert with an error of their own. All arguments run before the jump, wherever their code was written.
contract Refuser {
    error Bare();
    error Full(uint256 value, string text);

    bool internal constant ALWAYS = true;

    uint256[] internal list;
    string internal why = "a text that is longer than a word, so that it is copied word by word"; // +

    function refuse(uint256 a) external returns (uint256) { // f
        require(a != 1, Bare()); // + require:holds,fails
        require(a != 2, Full(a, why)); // + require:holds,fails
        require(a != 3, Full({text: "three", value: LIMIT})); // + require:holds,!fails
        require(ALWAYS, Full(LIMIT, "")); // + require:holds,!fails
        require(a < LIMIT, Full(this.size(), why)); // + require:holds,fails
        require(a > 4 && a < 30, Full(a > 20 ? 1 : 2, "")); // + require:holds,!fails &&:right side,!left side alone ?::!true,false
        require(counted(), why); // + require:holds,!fails
        return a; // +
    }

    function size() external view returns (uint256) { // f
        return list.length; // +
    }

    function counted() internal returns (bool) { // f
        list.push(1); // +
        return true; // +
    }
}
