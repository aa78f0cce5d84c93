// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IERC20 {
    function balanceOf(address holder) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// @title Moves ether and ERC-20 tokens, without trust in the tokens
/// @notice A token's answer counts as success when the call succeeded and returned nothing, or returned true.
library Assets {
    error TransferFailed(address token, address to, uint256 amount);

    /// @dev Stands for ether where a token's address is expected.
    address internal constant ETHER = address(0);

    function balance(address token) internal view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @notice Sends `amount`. Returns whether the call went through; a failed call changes nothing.
    /// Reverts if the token's call went through and its answer is false, since nobody knows what it has moved.
    function trySend(address token, address to, uint256 amount) internal returns (bool sent) {
        if (token != ETHER) return invoke(token, abi.encodeCall(IERC20.transfer, (to, amount)), to, amount);
        // Assembly, so that a recipient's return data is not copied at its caller's cost.
        assembly ("memory-safe") {
            sent := call(gas(), to, amount, 0, 0, 0, 0)
        }
    }

    /// @notice Takes `amount` from `from`. Returns what really arrived, at most `amount`.
    function pull(address token, address from, uint256 amount) internal returns (uint256 received) {
        uint256 before = balance(token);
        bytes memory call = abi.encodeCall(IERC20.transferFrom, (from, address(this), amount));
        if (!invoke(token, call, address(this), amount)) revert TransferFailed(token, address(this), amount);
        uint256 afterwards = balance(token);
        received = afterwards > before ? afterwards - before : 0;
        if (received > amount) received = amount;
    }

    function invoke(address token, bytes memory data, address to, uint256 amount) private returns (bool called) {
        bytes memory answer;
        (called, answer) = token.call(data);
        if (!called) return false;
        bool agreed = answer.length == 0 ? token.code.length != 0 : answer.length >= 32 && uint256(bytes32(answer)) == 1;
        if (!agreed) revert TransferFailed(token, to, amount);
    }
}
