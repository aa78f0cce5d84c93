// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A contract wallet of one owner that answers EIP-1271
/// @notice Accepts its owner's 65-byte signatures until it is told to revoke them.
contract OwnedWallet {
    address public immutable OWNER;
    bool public revoked;

    error CallFailed(bytes answer);

    constructor(address owner) payable {
        OWNER = owner;
    }

    receive() external payable {}

    function revoke(bool yes) external {
        revoked = yes;
    }

    function execute(address to, uint256 value, bytes calldata data) external {
        (bool ok, bytes memory answer) = to.call{value: value}(data);
        if (!ok) revert CallFailed(answer);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (revoked || signature.length != 65) return 0xffffffff;
        address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        return signer == OWNER ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// @notice Signs anything and refuses ether: only payouts that it redirects reach anybody.
contract RefusingWallet {
    address public immutable OWNER;

    error NotReceiving(uint256 amount);
    error CallFailed(bytes answer);

    constructor(address owner) payable {
        OWNER = owner;
    }

    receive() external payable {
        revert NotReceiving(msg.value);
    }

    function execute(address to, uint256 value, bytes calldata data) external {
        (bool ok, bytes memory answer) = to.call{value: value}(data);
        if (!ok) revert CallFailed(answer);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}

/// @notice Accepts any 65 bytes whose last word part is all ones: no ECDSA at all.
contract OnesWallet {
    function isValidSignature(bytes32, bytes calldata signature) external pure returns (bytes4) {
        bool ones = signature.length == 65 && bytes32(signature[32:64]) == bytes32(type(uint256).max);
        return ones ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// @notice Answers every question about a signature with a megabyte of zeros.
contract NoisyWallet {
    fallback() external payable {
        assembly {
            return(0, 1000000)
        }
    }
}

/// @notice Calls back into a target while it receives ether.
contract ReentrantWallet {
    address private target;
    bytes private callback;
    bytes public answer;
    bool public succeeded;

    error CallFailed(bytes answer);

    constructor() payable {}

    function arm(address target_, bytes calldata callback_) external {
        target = target_;
        callback = callback_;
    }

    receive() external payable {
        if (target == address(0)) return;
        address called = target;
        target = address(0);
        (succeeded, answer) = called.call(callback);
    }

    function execute(address to, uint256 value, bytes calldata data) external {
        (bool ok, bytes memory result) = to.call{value: value}(data);
        if (!ok) revert CallFailed(result);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
