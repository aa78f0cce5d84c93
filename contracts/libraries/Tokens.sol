// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Calls to ERC-20 tokens, without trust in their answers
/// @notice A call succeeded if it did not revert and answered true, or answered nothing and was made to a contract.
library Tokens {
    error TransferFailed(address token, address to, uint256 amount);

    /// @notice Pays `amount` to `to`.
    function pay(address token, address to, uint256 amount) internal {
        check(token, abi.encodeWithSignature("transfer(address,uint256)", to, amount), to, amount);
    }

    /// @notice Takes `amount` from `from`. Returns what arrived here, which is less if the token takes a fee.
    function take(address token, address from, uint256 amount) internal returns (uint256 arrived) {
        uint256 before = held(token);
        check(
            token,
            abi.encodeWithSignature("transferFrom(address,address,uint256)", from, address(this), amount),
            address(this),
            amount
        );
        uint256 afterwards = held(token);
        arrived = afterwards > before ? afterwards - before : 0;
    }

    function held(address token) private view returns (uint256 amount) {
        (bool done, bytes memory answer) =
            token.staticcall(abi.encodeWithSignature("balanceOf(address)", address(this)));
        if (!done || answer.length < 32) revert TransferFailed(token, address(this), 0);
        amount = uint256(bytes32(answer));
    }

    function check(address token, bytes memory call, address to, uint256 amount) private {
        (bool done, bytes memory answer) = token.call(call);
        bool agrees = answer.length == 0 ? token.code.length != 0 : answer.length >= 32 && uint256(bytes32(answer)) == 1;
        if (!done || !agrees) revert TransferFailed(token, to, amount);
    }
}
