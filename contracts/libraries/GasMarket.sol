// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A market for gas of L2, paid in gas of L1
/// @notice Sells at most `cap` gas in one L1 block. The price rises if a block sells more than `target`, and falls if it sells less, by at
/// most an eighth of itself for each `target`. The buyer pays by burning gas of L1, as for the OP Stack's deposits. The burnt gas
/// pays L1's validators and base fee, and nobody can refuse the sale.
/// @dev INVARIANT: on an L1 whose blocks have B gas the price never exceeds B / target gas of L1 for one of L2. A block that sells u at
/// price p burns u * p <= B. So the next price is at most 7p/8 + B / (8 target), which stays at or below B / target.
library GasMarket {
    /// @notice This L1 block has less gas left for sale.
    error GasSoldOut(uint256 actual, uint256 available);
    /// @notice The transaction has too little gas left to burn the price. If the price is above what one transaction may use, the buyer
    /// must wait until it falls, or buy less.
    error TooLittleGasToBurn(uint256 actual, uint256 expected);
    error WrongParameter(string name, uint256 actual, uint256 expected);

    /// @dev Prices are thousandths of L1's gas for one of L2's.
    uint256 internal constant UNIT = 1000;
    /// @dev The price falls by this part of itself in a block that sells nothing.
    uint256 private constant CHANGE = 8;
    /// @dev The most targets that a block may sell. With more, the price could rise more than ninefold from one block to the next.
    uint256 private constant MAX_ELASTICITY = 64;
    /// @dev With a higher lowest price, the largest message and its bytes would not fit into a transaction of 2^24 gas on an idle market.
    uint256 private constant MAX_LOWEST = 1500;
    uint256 private constant MAX_PRICE = type(uint64).max;
    /// @dev More than the gas that the burning call itself costs.
    uint256 private constant RESERVE = 2000;
    /// @dev EIP-152: an input that has not 213 bytes consumes all gas.
    uint256 private constant BLAKE2F = 9;

    /// @notice The terms that never change.
    struct Terms {
        uint256 cap;
        uint256 target;
        uint256 lowest;
    }

    /// @notice The state after the last sale, in L1 block `number`, which sold `sold` gas at `price`. `sales` counts all sales.
    struct Market {
        uint64 price;
        uint64 sold;
        uint64 number;
        uint64 sales;
    }

    /// @notice Reverts unless a message of `largest` gas can be sold, and no price can overflow.
    function check(Terms memory terms, uint256 largest) internal pure {
        if (terms.cap < largest) revert WrongParameter("cap", terms.cap, largest);
        if (terms.cap > type(uint64).max) revert WrongParameter("cap", terms.cap, type(uint64).max);
        uint256 least = (terms.cap + MAX_ELASTICITY - 1) / MAX_ELASTICITY;
        if (terms.target < least) revert WrongParameter("target", terms.target, least);
        if (terms.target > terms.cap) revert WrongParameter("target", terms.target, terms.cap);
        // A price below 8 could not fall: an eighth of it rounds to zero.
        if (terms.lowest < CHANGE) revert WrongParameter("lowest", terms.lowest, CHANGE);
        if (terms.lowest > MAX_LOWEST) revert WrongParameter("lowest", terms.lowest, MAX_LOWEST);
    }

    /// @notice The price in this L1 block, and the gas that it has sold.
    function quote(Market storage market, Terms memory terms) internal view returns (uint256 price, uint256 sold) {
        (price, sold) = (market.price, market.sold);
        if (price == 0) return (terms.lowest, 0);
        uint256 blocks = block.number - market.number;
        if (price == terms.lowest && sold <= terms.target) {
            // The price stays. Without a branch: an idle market then takes the same gas in the block of the last sale and after it, so
            // that a client's estimate at the head is enough in the next block.
            assembly ("memory-safe") {
                sold := mul(sold, iszero(blocks))
            }
            return (price, sold);
        }
        // Ends once the price is the lowest, so after some hundred blocks from any price.
        for (; blocks != 0 && (sold != 0 || price > terms.lowest); --blocks) {
            price = _next(price, sold, terms);
            sold = 0;
        }
    }

    /// @notice Sells `amount`, and burns its price less what this transaction has used since it had `gasBefore`.
    function sell(Market storage market, Terms memory terms, uint256 amount, uint256 gasBefore) internal {
        (uint256 price, uint256 sold) = quote(market, terms);
        if (amount > terms.cap - sold) revert GasSoldOut(amount, terms.cap - sold);
        uint64 sales = market.sales + 1;
        // One word, written once. The casts keep the values: the price is clamped, and the cap fits into 64 bits.
        (market.price, market.sold, market.number, market.sales) =
        (uint64(price), uint64(sold + amount), uint64(block.number), sales);
        _burn(cost(amount, price), gasBefore - gasleft());
    }

    /// @notice Gas of L1 that `amount` costs at `price`, rounded up.
    function cost(uint256 amount, uint256 price) internal pure returns (uint256) {
        return (amount * price + UNIT - 1) / UNIT;
    }

    function _next(uint256 price, uint256 sold, Terms memory terms) private pure returns (uint256) {
        uint256 scale = terms.target * CHANGE;
        if (sold > terms.target) {
            uint256 higher = price + price * (sold - terms.target) / scale;
            return higher < MAX_PRICE ? higher : MAX_PRICE;
        }
        uint256 lower = price - price * (terms.target - sold) / scale;
        return lower > terms.lowest ? lower : terms.lowest;
    }

    function _burn(uint256 price, uint256 used) private view {
        if (used >= price) return;
        uint256 amount = price - used;
        // INVARIANT: a call gets at most 63/64 of the gas left, so without this check it could silently burn less than the price.
        uint256 expected = (amount + RESERVE) * 64 / 63;
        if (gasleft() < expected) revert TooLittleGasToBurn(gasleft(), expected);
        // One failing call instead of a loop, since it costs a node no work. Its answer says nothing.
        assembly ("memory-safe") {
            pop(staticcall(amount, BLAKE2F, 0, 0, 0, 0))
        }
    }
}
