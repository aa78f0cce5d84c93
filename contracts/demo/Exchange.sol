// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Erc20} from "./Erc20.sol";

/// @title A constant-product exchange of one pair of tokens
/// @notice The product of the two reserves never falls: a swap pays 0.3 % to the owners of the shares.
contract Exchange {
    event Provided(address indexed provider, uint256 amountA, uint256 amountB, uint256 shares);
    event Removed(address indexed provider, uint256 amountA, uint256 amountB, uint256 shares);
    event Swapped(address indexed trader, address indexed tokenIn, uint256 amountIn, uint256 amountOut);

    error NotOfThisPair(address token);
    error TooLittleOut(uint256 actual, uint256 minimum);
    error NothingProvided(uint256 amountA, uint256 amountB);
    error TooFewShares(uint256 actual, uint256 needed);

    /// @dev Of 1000 units that come in, the number that counts.
    uint256 internal constant AFTER_FEE = 997;

    Erc20 public immutable tokenA;
    Erc20 public immutable tokenB;
    uint256 public reserveA;
    uint256 public reserveB;
    uint256 public totalShares;
    mapping(address provider => uint256) public sharesOf;

    constructor(Erc20 tokenA_, Erc20 tokenB_) {
        tokenA = tokenA_;
        tokenB = tokenB_;
    }

    /// @notice Adds to both reserves. The first provider sets the price. Later ones are credited by the scarcer side.
    function provide(uint256 amountA, uint256 amountB) external returns (uint256 shares) {
        shares = totalShares == 0
            ? sqrt(amountA * amountB)
            : min(amountA * totalShares / reserveA, amountB * totalShares / reserveB);
        if (shares == 0) revert NothingProvided(amountA, amountB);
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        reserveA += amountA;
        reserveB += amountB;
        emit Provided(msg.sender, amountA, amountB, shares);
        tokenA.transferFrom(msg.sender, address(this), amountA);
        tokenB.transferFrom(msg.sender, address(this), amountB);
    }

    /// @notice Takes a share out of both reserves.
    function remove(uint256 shares) external returns (uint256 amountA, uint256 amountB) {
        if (sharesOf[msg.sender] < shares) revert TooFewShares(sharesOf[msg.sender], shares);
        amountA = shares * reserveA / totalShares;
        amountB = shares * reserveB / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        reserveA -= amountA;
        reserveB -= amountB;
        emit Removed(msg.sender, amountA, amountB, shares);
        tokenA.transfer(msg.sender, amountA);
        tokenB.transfer(msg.sender, amountB);
    }

    /// @notice Gives `amountIn` of one token for at least `minimumOut` of the other.
    function swap(Erc20 tokenIn, uint256 amountIn, uint256 minimumOut) external returns (uint256 amountOut) {
        bool forward = address(tokenIn) == address(tokenA);
        if (!forward && address(tokenIn) != address(tokenB)) revert NotOfThisPair(address(tokenIn));
        (uint256 reserveIn, uint256 reserveOut) = forward ? (reserveA, reserveB) : (reserveB, reserveA);
        amountOut = quote(reserveIn, reserveOut, amountIn);
        if (amountOut < minimumOut) revert TooLittleOut(amountOut, minimumOut);
        if (forward) (reserveA, reserveB) = (reserveIn + amountIn, reserveOut - amountOut);
        else (reserveB, reserveA) = (reserveIn + amountIn, reserveOut - amountOut);
        emit Swapped(msg.sender, address(tokenIn), amountIn, amountOut);
        tokenIn.transferFrom(msg.sender, address(this), amountIn);
        (forward ? tokenB : tokenA).transfer(msg.sender, amountOut);
    }

    /// @notice What `amountIn` buys: out = reserveOut * in' / (reserveIn + in'), where in' is what is left after the fee.
    function quote(uint256 reserveIn, uint256 reserveOut, uint256 amountIn) public pure returns (uint256) {
        uint256 counted = amountIn * AFTER_FEE;
        return reserveOut * counted / (reserveIn * 1000 + counted);
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @dev Newton's method from above: it falls to the root, and stops before it would rise again.
    function sqrt(uint256 x) internal pure returns (uint256 root) {
        if (x == 0) return 0;
        root = x;
        uint256 next = (x >> 1) + 1;
        while (next < root) {
            root = next;
            next = (x / next + next) >> 1;
        }
    }
}
