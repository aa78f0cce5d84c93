// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IERC20 {
    function transfer(address, uint256) external returns (bool);
    function transferFrom(address, address, uint256) external returns (bool);
}

/// @title Channels of one token: both accept, a close begins and is rebutted, and its end credits both
contract TwoPhaseChannel {
    enum Phase { None, Funding, Open, Closing, Done }
    struct Chan { address left; address right; uint128 inLeft; uint128 inRight; uint128 outLeft; uint128 outRight; uint64 nonce; uint64 until; Phase phase; }
    bytes32 constant TYPE = keccak256("Update(bytes32 id,uint64 nonce,uint128 left,uint128 right)");
    uint64 constant PERIOD = 3 days;
    bytes32 immutable DOMAIN;
    IERC20 immutable token;
    mapping(bytes32 => Chan) public chans;
    mapping(address => uint256) public credit;
    uint256 salt;

    constructor(IERC20 t) {
        token = t;
        DOMAIN = keccak256(abi.encode(keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"), keccak256("Duo"), block.chainid, address(this)));
    }

    function fund(address right, uint128 a, uint128 b) external returns (bytes32 id) {
        id = keccak256(abi.encode(msg.sender, right, ++salt));
        chans[id] = Chan(msg.sender, right, a, b, a, b, 0, 0, Phase.Funding);
        require(token.transferFrom(msg.sender, address(this), a), "pull");
    }
    function accept(bytes32 id) external {
        Chan storage c = chans[id];
        require(c.phase == Phase.Funding && msg.sender == c.right, "not yours");
        c.phase = Phase.Open;
        require(token.transferFrom(msg.sender, address(this), c.inRight), "pull");
    }
    function hashOf(bytes32 id, uint64 nonce, uint128 l, uint128 r) public view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", DOMAIN, keccak256(abi.encode(TYPE, id, nonce, l, r))));
    }
    function verify(Chan storage c, bytes32 id, uint64 nonce, uint128 l, uint128 r, bytes calldata sl, bytes calldata sr) private view {
        require(uint256(l) + r == uint256(c.inLeft) + c.inRight, "sum");
        bytes32 h = hashOf(id, nonce, l, r);
        require(rec(h, sl) == c.left, "left");
        require(rec(h, sr) == c.right, "right");
    }
    function begin(bytes32 id, uint64 nonce, uint128 l, uint128 r, bytes calldata sl, bytes calldata sr) external {
        Chan storage c = chans[id];
        require(msg.sender == c.left || msg.sender == c.right, "stranger");
        require(c.phase == Phase.Open, "phase");
        if (nonce > 0) verify(c, id, nonce, l, r, sl, sr);
        if (nonce > 0) (c.nonce, c.outLeft, c.outRight) = (nonce, l, r);
        c.phase = Phase.Closing;
        c.until = uint64(block.timestamp) + PERIOD;
    }
    function rebut(bytes32 id, uint64 nonce, uint128 l, uint128 r, bytes calldata sl, bytes calldata sr) external {
        Chan storage c = chans[id];
        require(c.phase == Phase.Closing, "phase");
        require(block.timestamp < c.until, "late");
        require(nonce > c.nonce, "nonce");
        verify(c, id, nonce, l, r, sl, sr);
        (c.nonce, c.outLeft, c.outRight) = (nonce, l, r);
    }
    function finish(bytes32 id) external {
        Chan storage c = chans[id];
        require(c.phase == Phase.Closing, "phase");
        require(block.timestamp >= c.until, "early");
        c.phase = Phase.Done;
        credit[c.left] += c.outLeft;
        credit[c.right] += c.outRight;
    }
    function claim() external {
        uint256 due = credit[msg.sender];
        credit[msg.sender] = 0;
        require(token.transfer(msg.sender, due), "pay");
    }
    function rec(bytes32 h, bytes calldata s) private pure returns (address a) {
        require(s.length == 65, "length");
        a = ecrecover(h, uint8(s[64]), bytes32(s[:32]), bytes32(s[32:64]));
        require(a != address(0), "nobody");
    }
}
