// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

type Price is uint128;
using {add as +, check} for Price global;

function add(Price a, Price b) pure returns (Price) {
    return Price.wrap(Price.unwrap(a) + Price.unwrap(b)); // fails: operator
}

function check(Price a) pure {
    if (Price.unwrap(a) == 0) revert("free"); // fails: attached
}

interface IChain {
    function next() external view returns (IChain);
    function boom() external view returns (uint256);
}

library Store {
    struct Data {
        uint256[] items;
    }

    function last(Data storage self) external view returns (uint256) {
        return self.items[self.items.length - 1]; // fails: externalStorageLibrary
    }

    function first(Data storage self) internal view returns (uint256) {
        return self.items[0]; // fails: internalStorageLibrary
    }
}

contract Link is IChain {
    IChain public next;
    uint256 z;

    constructor(IChain n) {
        next = n;
    }

    function boom() external view returns (uint256) {
        return 1 / z; // fails: chained
    }
}

contract Initialised {
    uint256 public a = 1;
    uint256 public b = 7 / (a - 1); // fails: initialiser
}

contract Plain {
    constructor() {}

    function nothing() external {}
}

abstract contract A {
    uint256 internal zz;

    modifier check(uint256 v) virtual {
        require(v > 5, "A");
        _;
    }

    function f(uint256 v) public virtual {
        require(v > 2, "A.f"); // fails: superChain
        zz = v;
    }
}

abstract contract B is A {
    function f(uint256 v) public virtual override {
        super.f(v);
    }
}

abstract contract C is A {
    modifier check(uint256 v) virtual override {
        require(v > 6, "C");
        _;
    }

    function f(uint256 v) public virtual override {
        super.f(v);
    }
}

contract Proxy {
    address immutable target;

    constructor(address t) {
        target = t;
    }

    fallback() external payable {
        address t = target;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), t, 0, calldatasize(), 0, 0) // passes on: throughProxy
            returndatacopy(0, 0, returndatasize())
            switch ok
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}

/// More ways to fail, marked as in Failing.sol.
contract Further is B, C {
    using Store for Store.Data;

    struct S {
        uint256 a;
        uint256 b;
    }

    error E(uint256 a, string b, S s);

    event Told(uint256 a, uint256 b);

    Store.Data data;
    S[] list;
    mapping(address => mapping(uint256 => uint256)) balances;
    Link link = new Link(new Link(IChain(address(0))));
    uint256 z;
    bool locked;
    string name = "a name that is somewhat longer than thirty-two bytes, to have two words";
    address[] holders;
    int8 small = -128;

    function f(uint256 v) public override(B, C) {
        super.f(v);
    }

    modifier check(uint256 v) override(A, C) {
        require(v > 1, "Further");
        _;
    }

    function superChain() external {
        f(1);
    }

    function operator() external view {
        Price p = Price.wrap(type(uint128).max);
        Price q = p + Price.wrap(uint128(z + 1));
        q.check();
    }

    function attached() external view {
        Price.wrap(uint128(z)).check();
    }

    function externalStorageLibrary() external {
        data.items.push(1);
        data.items.pop();
        data.last(); // passes on: externalStorageLibrary
    }

    function internalStorageLibrary() external view {
        data.first();
    }

    function chained() external view returns (uint256) {
        return
            link // passes on: chained
                .next()
                .boom();
    }

    function structArgs() external view {
        if (z == 0)
            revert E({ // fails: structArgs
                a: z,
                b: name,
                s: S({a: 1, b: z})
            });
    }

    function structArgsFail() external view {
        revert E({
            a: z - 1, // fails: structArgsFail
            b: name,
            s: S({a: 1, b: z})
        });
    }

    function namedCall() external view returns (uint256) {
        return
            pair({
                one: 1,
                two: z
            });
    }

    function pair(
        uint256 one,
        uint256 two
    )
        internal
        pure
        returns (uint256)
    {
        return one / two; // fails: namedCall
    }

    function emits() external {
        emit Told(
            1,
            2 / z // fails: emits
        );
    }

    function longReason() external view {
        require(z == 1, string.concat("z is ", name)); // fails: longReason
    }

    function mappingUnderflow() external {
        balances[msg.sender][1] -= 1; // fails: mappingUnderflow
    }

    function transferLike(address to) public {
        balances[msg.sender][0] = 5;
        unchecked {
            balances[to][0] += 1;
        }
        require(to != address(0), "zero address"); // fails: transferLike0
        require(balances[to][0] > 10, "too little"); // fails: transferLike1
    }

    function transferLike0() external {
        transferLike(address(0));
    }

    function transferLike1() external {
        transferLike(address(1));
    }

    function nonReentrant() external guard {
        this.reenter(); // passes on: nonReentrant
    }

    function reenter() external guard {}

    modifier guard() {
        require(!locked, "reentrant"); // fails: nonReentrant
        locked = true;
        _;
        locked = false;
    }

    function listIndex() external view returns (S memory) {
        return list[2]; // fails: listIndex
    }

    function deleteIndex() external {
        delete list[1]; // fails: deleteIndex
    }

    function copyOut() external view returns (uint256) {
        S memory s = list[ // fails: copyOut
            z
        ];
        return s.a;
    }

    function castLoss() external view returns (int8) {
        return small / -1; // fails: castLoss
    }

    function subInt() external view returns (int8) {
        return small - 1; // fails: subInt
    }

    function absolute() external view returns (int8) {
        int8 x = small;
        if (x < 0) {
            x = -x; // fails: absolute
        }
        return x;
    }

    function shifted() external view returns (uint256) {
        return (1 << 255) * (z + 2); // fails: shifted
    }

    function tryNew() external {
        try new Initialised() returns (Initialised i) {
            z = i.a();
        } catch Panic(uint256 code) {
            require(code == 1, "other panic"); // fails: tryNew
        }
    }

    function initialiser() external {
        new Initialised(); // passes on: initialiser
    }

    function bubbled() external {
        (bool ok, bytes memory why) = address(this).call(abi.encodeCall(this.divides, ())); // passes on: bubbled
        if (!ok) {
            assembly {
                revert(add(why, 32), mload(why))
            }
        }
    }

    function divides() external view returns (uint256) {
        return 1 / z; // fails: bubbled, throughProxy
    }

    function staticWrite() external {
        (bool ok,) = address(this).staticcall(abi.encodeWithSignature("transferLike1()"));
        require(ok, "static"); // fails: staticWrite
    }

    function returnEarly(uint256 n) internal view returns (uint256) {
        if (n == 0) return 1;
        return n - z - 2; // fails: early
    }

    function early() external view returns (uint256) {
        return returnEarly(0) + returnEarly(1);
    }

    function doWhile() external view {
        uint256 i;
        do {
            i++;
            require(i < 4, "four"); // fails: doWhile
        } while (i < 10);
    }

    function nestedLoops() external view returns (uint256 s) {
        for (uint256 i; i < 3; i++)
            for (uint256 j; j < 3; j++)
                if (i * j == 2 + z) revert("two"); // fails: nestedLoops
    }

    function shortCircuit() external view returns (bool) {
        return z == 0 && 1 / z == 1; // fails: shortCircuit
    }

    function tuple() external view returns (uint256 a, uint256 b) {
        (a, b) = (1, 2 / z); // fails: tuple
    }

    function abiDecodeBad() external pure returns (uint256[] memory) {
        return abi.decode( // fails: abiDecodeBad
            hex"0000000000000000000000000000000000000000000000000000000000000020ffff",
            (uint256[])
        );
    }

    function pushLoop() external {
        for (uint256 i = 0; i < 3; i++) {
            holders.push(msg.sender);
        }
        holders[3] = address(0); // fails: pushLoop
    }

    function bytesLoop() external view returns (bytes1) {
        bytes memory b = bytes(name);
        return b[b.length]; // fails: bytesLoop
    }

    function blockHashy() external view returns (uint256) {
        return uint256(blockhash(block.number - 1)) * 2 + 1 / z; // fails: blockHashy
    }

    function yulStop() external view {
        assembly ("memory-safe") {
            if iszero(sload(z.slot)) {
                mstore(0x00, 0x82b42900)
                revert(0x1c, 0x04) // fails: yulStop
            }
        }
    }

    function noFallback() external {
        Plain plain = new Plain();
        (bool ok,) = address(plain).call("");
        require(ok, "no fallback"); // fails: noFallback
    }

    function overriddenModifier() external pure {
        revert("x"); // fails: overriddenModifier
    }
}
