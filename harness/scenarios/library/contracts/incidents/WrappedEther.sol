// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title WrappedEther
/// @notice Ether as a token. As with the best-known one, a call of a function that it lacks is a deposit of nothing.
contract WrappedEther {
    /// @notice An account has too little, or has allowed too little.
    error TooLittle(uint256 actual, uint256 expected);

    mapping(address owner => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    fallback() external payable {
        deposit();
    }

    receive() external payable {
        deposit();
    }

    /// @notice Wrap ether.
    function deposit() public payable {
        balanceOf[msg.sender] += msg.value;
    }

    /// @notice Unwrap ether.
    function withdraw(uint256 amount) external {
        if (balanceOf[msg.sender] < amount) revert TooLittle(balanceOf[msg.sender], amount);
        balanceOf[msg.sender] -= amount;
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
    }

    /// @notice Allow a spender to take tokens.
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    /// @notice Send tokens of an owner who has allowed it.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (allowance[from][msg.sender] < amount) revert TooLittle(allowance[from][msg.sender], amount);
        if (balanceOf[from] < amount) revert TooLittle(balanceOf[from], amount);
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}
