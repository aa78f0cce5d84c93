// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IVerifier
/// @notice Judges messages of the other chain.
interface IVerifier {
    /// @notice Whether the message is right.
    function verify(bytes32 message) external view returns (bool);
}

/// @title ChosenVerifier
/// @notice Pays messages that a verifier takes for right. Broken: who wants to be paid names the verifier.
contract ChosenVerifier {
    /// @notice The verifier refused the message.
    error NotVerified(bytes32 message);
    /// @notice The message was paid before.
    error AlreadyPaid(bytes32 message);
    /// @notice It is not the verifier of this bridge.
    error WrongVerifier(address actual, address expected);

    address public immutable trusted;
    mapping(bytes32 message => bool) public isPaid;

    constructor(address trusted_) {
        trusted = trusted_;
    }

    /// @notice Lock ether.
    function deposit() external payable {}

    /// @notice Pay a message.
    function complete(IVerifier verifier, address payable to, uint256 amount) external {
        bytes32 message = keccak256(abi.encode(to, amount));
        check(address(verifier));
        if (!verifier.verify(message)) revert NotVerified(message);
        if (isPaid[message]) revert AlreadyPaid(message);
        isPaid[message] = true;
        (bool paid,) = to.call{value: amount}("");
        require(paid);
    }

    /// @dev Reverts unless the verifier is trusted.
    function check(address verifier) internal view virtual {}
}

/// @title ChosenVerifierMended
/// @notice Asks its own verifier.
contract ChosenVerifierMended is ChosenVerifier {
    constructor(address trusted_) ChosenVerifier(trusted_) {}

    /// @inheritdoc ChosenVerifier
    function check(address verifier) internal view override {
        if (verifier != trusted) revert WrongVerifier(verifier, trusted);
    }
}

/// @title Yes
/// @notice A thief's verifier: takes everything for right.
contract Yes is IVerifier {
    /// @inheritdoc IVerifier
    function verify(bytes32) external pure returns (bool) {
        return true;
    }
}
