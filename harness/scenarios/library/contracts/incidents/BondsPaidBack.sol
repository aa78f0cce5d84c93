// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title BondsPaidBack
/// @notice Bonded claims that anybody may counter; a claim's bond is its counter's, or else goes back to its maker.
/// @dev The fault: a countered claim's bond is credited to its maker too. Who counters itself is paid twice.
contract BondsPaidBack {
    struct Claim {
        address maker;
        uint256 bond;
        address counter;
        bool isSettled;
    }

    error Taken(address counter);
    error Settled(uint256 claim);

    Claim[] public claims;
    mapping(address => uint256) public credit;

    function make() external payable {
        claims.push(Claim(msg.sender, msg.value, address(0), false));
    }

    function counter(uint256 claim) external payable {
        if (claims[claim].counter != address(0)) revert Taken(claims[claim].counter);
        claims[claim].counter = msg.sender;
        credit[msg.sender] += msg.value;
    }

    function settle(uint256 claim) external {
        Claim storage settled = claims[claim];
        if (settled.isSettled) revert Settled(claim);
        settled.isSettled = true;
        pay(settled);
    }

    function pay(Claim storage settled) internal virtual {
        credit[settled.maker] += settled.bond;
        if (settled.counter != address(0)) credit[settled.counter] += settled.bond;
    }

    function withdraw() external {
        uint256 amount = credit[msg.sender];
        credit[msg.sender] = 0;
        payable(msg.sender).transfer(amount);
    }
}

/// @title BondsPaidBackMended
/// @notice One bond has one owner.
contract BondsPaidBackMended is BondsPaidBack {
    function pay(Claim storage settled) internal override {
        credit[settled.counter == address(0) ? settled.maker : settled.counter] += settled.bond;
    }
}
