// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A token whose balances lie behind another mapping and an offset, so that their slot has to be found.
contract ProbeToken {
    string public name = "Probe";
    uint256 public totalSupply;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => uint256) private _balances;

    event Transfer(address indexed from, address indexed to, uint256 value);

    error BalanceTooLow(uint256 actual, uint256 expected);

    constructor(uint256 supply) {
        totalSupply = supply;
        _balances[msg.sender] = supply;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return totalSupply == type(uint256).max ? 0 : _balances[holder];
    }

    function transfer(address to, uint256 value) external returns (bool) {
        uint256 held = _balances[msg.sender];
        if (held < value) revert BalanceTooLow(held, value);
        _balances[msg.sender] = held - value;
        _balances[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}
