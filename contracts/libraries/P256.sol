// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title P256VERIFY (EIP-7951): whether a secp256r1 signature is that of a public key
/// @notice It asks no precompile of L1, so the step is proven on an L1 that has none at that address too. It uses about 400,000 gas.
library P256 {
    uint256 private constant INPUT = 160;
    uint256 private constant PRIME = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF;
    uint256 private constant ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;
    /// @dev The curve is y^2 = x^3 - 3x + B.
    uint256 private constant B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B;
    uint256 private constant GENERATOR_X = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296;
    uint256 private constant GENERATOR_Y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5;

    /// @dev In Jacobian coordinates: x/z^2 and y/z^3. The point at infinity has z = 0.
    struct Point {
        uint256 x;
        uint256 y;
        uint256 z;
    }

    /// @notice Whether an input of the precompile is a digest, r, s, x and y, of a valid signature. High values of s are valid.
    function verify(bytes memory input) internal pure returns (bool) {
        if (input.length != INPUT) return false;
        (uint256 digest, uint256 r, uint256 s, uint256 x, uint256 y) =
            abi.decode(input, (uint256, uint256, uint256, uint256, uint256));
        if (r == 0 || r >= ORDER || s == 0 || s >= ORDER) return false;
        if (!isOnCurve(x, y)) return false;
        uint256 inverse = _inverseOfScalar(s);
        Point memory sum = _sumOfProducts(mulmod(digest, inverse, ORDER), mulmod(r, inverse, ORDER), Point(x, y, 1));
        if (sum.z == 0) return false;
        // The sum's x is r or r + ORDER; above that it would not be below PRIME.
        uint256 square = mulmod(sum.z, sum.z, PRIME);
        if (mulmod(r, square, PRIME) == sum.x) return true;
        return r < PRIME - ORDER && mulmod(r + ORDER, square, PRIME) == sum.x;
    }

    /// @notice Whether both coordinates are below the prime, and the point is on the curve. (0, 0), which stands for infinity, is not.
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= PRIME || y >= PRIME) return false;
        uint256 slope = addmod(mulmod(x, x, PRIME), PRIME - 3, PRIME);
        return mulmod(y, y, PRIME) == addmod(mulmod(slope, x, PRIME), B, PRIME);
    }

    /// @dev s^(ORDER - 2), by Fermat.
    function _inverseOfScalar(uint256 s) private pure returns (uint256 inverse) {
        inverse = 1;
        for (uint256 bit = 1 << 255; bit != 0; bit >>= 1) {
            inverse = mulmod(inverse, inverse, ORDER);
            if ((ORDER - 2) & bit != 0) inverse = mulmod(inverse, s, ORDER);
        }
    }

    /// @dev u times the generator plus v times the key, both in one pass over the bits.
    function _sumOfProducts(uint256 u, uint256 v, Point memory key) private pure returns (Point memory sum) {
        Point memory generator = Point(GENERATOR_X, GENERATOR_Y, 1);
        Point memory both = Point(GENERATOR_X, GENERATOR_Y, 1);
        _add(both, key);
        for (uint256 bit = 1 << 255; bit != 0; bit >>= 1) {
            _double(sum);
            if (u & v & bit != 0) _add(sum, both);
            else if (u & bit != 0) _add(sum, generator);
            else if (v & bit != 0) _add(sum, key);
        }
    }

    /// @dev dbl-2001-b of the Explicit-Formulas Database. Infinity stays infinity; no point has y = 0, since ORDER is odd.
    function _double(Point memory p) private pure {
        uint256 delta = mulmod(p.z, p.z, PRIME);
        uint256 gamma = mulmod(p.y, p.y, PRIME);
        uint256 beta = mulmod(p.x, gamma, PRIME);
        uint256 alpha = mulmod(_difference(p.x, delta), addmod(p.x, delta, PRIME), PRIME);
        alpha = mulmod(alpha, 3, PRIME);
        p.z = mulmod(mulmod(p.y, p.z, PRIME), 2, PRIME);
        p.x = _difference(mulmod(alpha, alpha, PRIME), mulmod(beta, 8, PRIME));
        uint256 fall = mulmod(alpha, _difference(mulmod(beta, 4, PRIME), p.x), PRIME);
        p.y = _difference(fall, mulmod(mulmod(gamma, gamma, PRIME), 8, PRIME));
    }

    /// @dev Adds q to p, any two points: add-1998-cmo-2 of the Explicit-Formulas Database where neither is infinity and they differ in x.
    function _add(Point memory p, Point memory q) private pure {
        if (q.z == 0) return;
        if (p.z == 0) {
            (p.x, p.y, p.z) = (q.x, q.y, q.z);
            return;
        }
        uint256 square = mulmod(p.z, p.z, PRIME);
        uint256 other = mulmod(q.z, q.z, PRIME);
        uint256 x = mulmod(p.x, other, PRIME);
        uint256 y = mulmod(p.y, mulmod(other, q.z, PRIME), PRIME);
        uint256 run = _difference(mulmod(q.x, square, PRIME), x);
        uint256 rise = _difference(mulmod(q.y, mulmod(square, p.z, PRIME), PRIME), y);
        if (run == 0) {
            if (rise == 0) _double(p);
            else p.z = 0;
            return;
        }
        p.z = mulmod(mulmod(p.z, q.z, PRIME), run, PRIME);
        square = mulmod(run, run, PRIME);
        uint256 cube = mulmod(square, run, PRIME);
        x = mulmod(x, square, PRIME);
        p.x = _difference(_difference(mulmod(rise, rise, PRIME), cube), mulmod(x, 2, PRIME));
        p.y = _difference(mulmod(rise, _difference(x, p.x), PRIME), mulmod(y, cube, PRIME));
    }

    /// @dev a - b; b is below the prime.
    function _difference(uint256 a, uint256 b) private pure returns (uint256) {
        return addmod(a, PRIME - b, PRIME);
    }
}
