// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IOtherBindingProbe {
    error Refused(uint256 other);
    error Twice(uint256 n);

    function number() external view returns (uint256);
    function flag() external view returns (bool);
    function small() external view returns (uint8);
    function nothing() external returns (bool);
}

interface ITellingBindingProbe {
    error Refused(string why);
}

library BindingLibrary {
    enum Colour {
        Red,
        Green
    }

    struct Paint {
        uint256 litres;
        Colour colour;
    }

    error Refused(uint256 n);

    event Twice(uint256 n);

    function repaint(Colour colour, Paint memory paint) external pure returns (Paint memory) {
        return Paint(paint.litres + 1, colour);
    }

    function refuse(uint256 n) external pure {
        revert Refused(n);
    }
}

/// What the tests of bindings look at: names that clash, overloads, values of every type, answers and texts gone wrong.
contract BindingProbe {
    struct Page {
        uint256 count;
        uint256 index;
        bytes _fields;
    }

    struct Book {
        Page[] pages;
        Page[2] covers;
        address owner;
        uint8[2][3] grid;
    }

    event Moved(uint256 amount);
    event Moved(address to, uint256 amount);
    event Named(string name, uint256 kind, uint256 receipt, uint256 fields, uint256 self);
    event Hashed(string indexed name, bytes indexed data, Page indexed page, string[] texts, address to);
    event Listed(string[] indexed texts, Page[2] indexed pages);
    event Nameless(uint256 indexed a, uint256 b) anonymous;
    event Said(string text);

    error Failed(uint256 panic, string expected, uint256 self, bytes data);

    uint256 public receipt = 1;
    uint256 public chain = 2;
    uint256 public functions = 3;
    uint256 public call = 4;
    uint256 public events = 5;
    uint256 public __hidden = 6;
    uint256 public _contract = 7;
    mapping(address => uint256) public balance;

    function move(uint256 amount) external {
        emit Moved(amount);
    }

    function move(address to, uint256 amount) external {
        emit Moved(to, amount);
    }

    function name() external {
        emit Named("bob.eth", 1, 2, 3, 4);
    }

    function hash() external {
        string[] memory texts = new string[](2);
        texts[0] = "one";
        emit Hashed("alpha", hex"0102", Page(1, 2, hex"ff"), texts, msg.sender);
        emit Listed(texts, [Page(1, 2, ""), Page(3, 4, hex"aa")]);
    }

    function note(uint256 a, uint256 b) external {
        emit Nameless(a, b);
        emit Said(string(abi.encodePacked(bytes1(0xff), "tail")));
    }

    function fail() external pure {
        revert Failed(1, string(abi.encodePacked(bytes1(0xff), "tail")), 3, hex"beef");
    }

    function failWithText() external pure {
        revert(string(abi.encodePacked(bytes1(0xff), "tail")));
    }

    function text() external pure returns (string memory) {
        return string(abi.encodePacked(bytes1(0xff), "tail"));
    }

    function failByLibrary(uint256 n) external pure {
        BindingLibrary.refuse(n);
    }

    function refuse(uint256 n) external pure {
        if (n == 0) revert ITellingBindingProbe.Refused("none");
        revert IOtherBindingProbe.Refused(n);
    }

    function Twice() external {
        emit BindingLibrary.Twice(5);
    }

    function failTwice() external pure {
        revert IOtherBindingProbe.Twice(6);
    }

    function echo(Book calldata book) external pure returns (Book memory) {
        return book;
    }

    function unnamed() external pure returns (uint256, uint256 _0, address) {
        return (1, 2, address(3));
    }

    function put(bytes calldata) external pure returns (string memory) {
        return "bytes";
    }

    function put(string calldata) external pure returns (string memory) {
        return "string";
    }

    function put(uint256) external pure returns (string memory) {
        return "uint256";
    }

    function put(uint8) external pure returns (string memory) {
        return "uint8";
    }

    function put(address) external pure returns (string memory) {
        return "address";
    }

    function put(uint256[] calldata) external pure returns (string memory) {
        return "uint256[]";
    }

    function put(Page calldata) external pure returns (string memory) {
        return "Page";
    }

    function transfer(address to, uint256 value) external {
        balance[to] += value;
    }

    function deposit(uint256 value) external payable returns (uint256) {
        return value + 1000 * msg.value;
    }

    function claim(address owner, address sender, uint256 gas) external {
        balance[owner] = gas;
        balance[sender] = gas;
    }

    function flag() external pure returns (uint256) {
        return 2;
    }

    function small() external pure returns (uint256) {
        return 256;
    }

    function nothing() external {}
}

contract BindingProbeWithConstructor {
    uint256 public value;
    address public sender;

    constructor(uint256 first, address second) {
        value = first;
        sender = second;
    }
}
