// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title NoDomain
/// @notice A channel of one payer: pays what the payer has signed, each number once. Broken: what is signed names neither
/// this contract nor this chain, so that a signature for one channel empties another of the same payer.
contract NoDomain {
    /// @notice The payer did not sign this.
    error WrongSigner(address actual, address expected);
    /// @notice The number was paid before.
    error AlreadyPaid(uint256 number);

    address public immutable payer;
    mapping(uint256 number => bool) public isPaid;

    constructor(address payer_) payable {
        payer = payer_;
    }

    /// @notice Pay `to` what the payer has signed.
    function pay(address payable to, uint256 amount, uint256 number, bytes32 r, bytes32 s, uint8 v) external {
        address signer = ecrecover(digest(to, amount, number), v, r, s);
        if (signer != payer) revert WrongSigner(signer, payer);
        if (isPaid[number]) revert AlreadyPaid(number);
        isPaid[number] = true;
        (bool paid,) = to.call{value: amount}("");
        require(paid);
    }

    /// @notice What the payer signs.
    function digest(address to, uint256 amount, uint256 number) public view virtual returns (bytes32) {
        return keccak256(abi.encode(to, amount, number));
    }
}

/// @title NoDomainMended
/// @notice What is signed names contract and chain.
contract NoDomainMended is NoDomain {
    constructor(address payer_) payable NoDomain(payer_) {}

    /// @inheritdoc NoDomain
    function digest(address to, uint256 amount, uint256 number) public view override returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), to, amount, number));
    }
}
