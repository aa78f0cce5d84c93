// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title An ERC-20 as the standard means it, and the base of the hostile ones
/// @notice Anyone may mint: a token for tests only.
contract PlainToken {
    /// @notice What was minted, which some contracts ask to see that this is a token.
    uint256 public totalSupply;
    mapping(address => uint256) internal balances;
    mapping(address => mapping(address => uint256)) public allowance;

    error Insufficient(uint256 actual, uint256 needed);

    function mint(address to, uint256 amount) external {
        balances[to] += amount;
        totalSupply += amount;
    }

    function balanceOf(address holder) public view virtual returns (uint256) {
        return balances[holder];
    }

    function approve(address spender, uint256 amount) public virtual returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        spend(from, amount);
        move(from, to, amount);
        return true;
    }

    function spend(address from, uint256 amount) internal {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert Insufficient(allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
    }

    function move(address from, address to, uint256 amount) internal virtual {
        if (balances[from] < amount) revert Insufficient(balances[from], amount);
        balances[from] -= amount;
        balances[to] += amount;
    }
}

/// @notice Changes an allowance only to zero or from zero, as USDT does.
contract WaryToken is PlainToken {
    error NotZero(uint256 actual);

    function approve(address spender, uint256 amount) public override returns (bool) {
        uint256 allowed = allowance[msg.sender][spender];
        if (amount != 0 && allowed != 0) revert NotZero(allowed);
        return super.approve(spender, amount);
    }
}

/// @notice Burns one per cent of every transfer.
contract FeeToken is PlainToken {
    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        balances[to] -= amount / 100;
    }
}

/// @notice Answers false instead of reverting when it does not move anything, and moves nothing while `refusing`.
contract FalseToken is PlainToken {
    bool public refusing;

    function refuse(bool yes) external {
        refusing = yes;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (refusing && amount != 0) return false;
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        if (refusing && amount != 0) return false;
        spend(from, amount);
        move(from, to, amount);
        return true;
    }
}

/// @notice Moves the money and says that it did not.
contract LyingToken is PlainToken {
    bool public lying;

    function lie(bool yes) external {
        lying = yes;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        move(msg.sender, to, amount);
        return !lying;
    }
}

/// @notice Returns nothing, as tokens older than the standard's last draft do.
contract SilentToken {
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    error Insufficient(uint256 actual, uint256 needed);

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        totalSupply += amount;
    }

    function transfer(address to, uint256 amount) external {
        move(msg.sender, to, amount);
    }

    /// @notice Needs no allowance: who may spend is not what this token is for.
    function transferFrom(address from, address to, uint256 amount) external {
        move(from, to, amount);
    }

    function move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert Insufficient(balanceOf[from], amount);
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Refuses to move tokens to or from listed accounts.
contract BlacklistToken is PlainToken {
    mapping(address => bool) public listed;

    error Blacklisted(address account);

    function blacklist(address account, bool yes) external {
        listed[account] = yes;
    }

    function move(address from, address to, uint256 amount) internal override {
        if (listed[from]) revert Blacklisted(from);
        if (listed[to]) revert Blacklisted(to);
        super.move(from, to, amount);
    }
}

/// @notice Scales every balance by a factor that anyone may change.
contract RebaseToken is PlainToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return balances[holder] * percent / 100;
    }

    function move(address from, address to, uint256 amount) internal override {
        // Rounded up, so that no transfer is paid by the others.
        super.move(from, to, (amount * 100 + percent - 1) / percent);
    }
}

/// @notice Calls back into a target in the middle of a transfer, once per arming.
contract ReentrantToken is PlainToken {
    address private target;
    bytes private callback;
    bytes public answer;
    bool public succeeded;

    function arm(address target_, bytes calldata callback_) external {
        target = target_;
        callback = callback_;
    }

    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        if (target == address(0)) return;
        address called = target;
        target = address(0);
        (succeeded, answer) = called.call(callback);
    }
}
