// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Keeps ether for whoever deposits it; nobody else has a say.
contract Vault {
    mapping(address => uint256) public balanceOf;

    error NotYours(uint256 actual, uint256 expected);

    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
    }

    function withdraw(uint256 amount) external {
        uint256 own = balanceOf[msg.sender];
        if (own < amount) revert NotYours(amount, own);
        balanceOf[msg.sender] = own - amount;
        payable(msg.sender).transfer(amount);
    }
}
