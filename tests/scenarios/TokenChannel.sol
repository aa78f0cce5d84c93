// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Token {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(address[] memory holders, uint256 each) {
        for (uint256 i = 0; i < holders.length; i++) balanceOf[holders[i]] = each;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// A user's own channel over a token: two parties, signed balances, a window to answer a close.
contract TokenChannel {
    struct Channel {
        address[2] parties;
        uint256[2] balances;
        uint256 version;
        uint256 closedAt;
    }

    uint256 public constant WINDOW = 1 days;
    Token public immutable token;
    mapping(uint256 => Channel) internal channels;
    uint256 public count;

    constructor(Token token_) {
        token = token_;
    }

    function open(address peer, uint256 amount) external returns (uint256 id) {
        id = ++count;
        channels[id] = Channel([msg.sender, peer], [amount, uint256(0)], 0, 0);
        token.transferFrom(msg.sender, address(this), amount);
    }

    function close(uint256 id, uint256 version, uint256 second, bytes32 r, bytes32 s, uint8 v) external {
        Channel storage channel = channels[id];
        require(channel.closedAt == 0 || block.timestamp < channel.closedAt + WINDOW, "window is over");
        require(channel.closedAt == 0 || version > channel.version, "not newer");
        uint256 total = channel.balances[0] + channel.balances[1];
        require(second <= total, "more than there is");
        if (version > 0) {
            bytes32 digest = keccak256(abi.encode(id, version, second));
            require(ecrecover(digest, v, r, s) == channel.parties[0], "not signed by the payer");
        }
        channel.version = version;
        channel.balances = [total - second, second];
        if (channel.closedAt == 0) channel.closedAt = block.timestamp;
    }

    function settle(uint256 id) external {
        Channel storage channel = channels[id];
        require(channel.closedAt != 0 && block.timestamp >= channel.closedAt + WINDOW, "not yet");
        token.transfer(channel.parties[0], channel.balances[0]);
        token.transfer(channel.parties[1], channel.balances[1]); // and nothing says that it was done
    }
}
