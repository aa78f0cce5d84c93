// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title FreeloaderGame
/// @notice A false claim, and the claims against it: the bond of a claim is the earliest counter's.
/// @dev The fault: it does not ask whether that counter was countered itself. Whoever is first with any claim at all
/// takes the bond that an honest counter has earned.
contract FreeloaderGame {
    struct Claim {
        address maker;
        uint256 parent;
        uint256 bond;
        bool isSettled;
    }

    error NoSuchClaim(uint256 claim);
    error Settled(uint256 claim);

    Claim[] public claims;
    mapping(uint256 => uint256[]) internal children;

    constructor() {
        claims.push(); // number 0 is no claim
    }

    function make(uint256 parent) external payable {
        if (parent >= claims.length) revert NoSuchClaim(parent);
        children[parent].push(claims.length);
        claims.push(Claim(msg.sender, parent, msg.value, false));
    }

    function stands(uint256 claim) public view returns (bool) {
        for (uint256 i = 0; i < children[claim].length; i++) {
            if (stands(children[claim][i])) return false;
        }
        return true;
    }

    function earns(uint256) internal view virtual returns (bool) {
        return true;
    }

    function settle(uint256 claim) external {
        Claim storage settled = claims[claim];
        if (settled.isSettled) revert Settled(claim);
        settled.isSettled = true;
        address to = settled.maker;
        if (!stands(claim)) {
            for (uint256 i = children[claim].length; i > 0; i--) {
                uint256 child = children[claim][i - 1];
                if (earns(child)) to = claims[child].maker;
            }
        }
        payable(to).transfer(settled.bond);
    }
}

/// @title FreeloaderGameMended
/// @notice Only a counter that stands earns the bond.
contract FreeloaderGameMended is FreeloaderGame {
    function earns(uint256 claim) internal view override returns (bool) {
        return stands(claim);
    }
}
