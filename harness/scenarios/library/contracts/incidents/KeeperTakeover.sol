// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Keepers
/// @notice Knows who may release ether, and obeys its owner.
contract Keepers {
    /// @notice Only the owner may do this.
    error NotOwner(address actual, address expected);

    address public owner = msg.sender;
    address public keeper;

    constructor(address keeper_) {
        keeper = keeper_;
    }

    /// @notice Replace the owner.
    function hand(address owner_) external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        owner = owner_;
    }

    /// @notice Replace the keeper.
    function set(address keeper_) external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        keeper = keeper_;
    }
}

/// @title KeeperTakeover
/// @notice Executes calls that come from the other chain, and owns the contract that knows who may release ether. Broken:
/// a call from the other chain may be one to that contract.
contract KeeperTakeover {
    /// @notice Only the keeper may do this.
    error NotKeeper(address actual, address expected);
    /// @notice A message may not call this target.
    error Forbidden(address target);

    Keepers public immutable keepers;

    constructor(Keepers keepers_) {
        keepers = keepers_;
    }

    /// @notice Lock ether.
    function deposit() external payable {}

    /// @notice Execute a message of the other chain. Anybody may have sent it there; its proof is left out here.
    function execute(address target, bytes calldata data) external {
        check(target);
        (bool done,) = target.call(data);
        require(done);
    }

    /// @notice Send ether out.
    function release(address payable to, uint256 amount) external {
        if (msg.sender != keepers.keeper()) revert NotKeeper(msg.sender, keepers.keeper());
        (bool paid,) = to.call{value: amount}("");
        require(paid);
    }

    /// @dev Reverts unless a message may call the target.
    function check(address target) internal view virtual {}
}

/// @title KeeperTakeoverMended
/// @notice No message calls the contract with the keys.
contract KeeperTakeoverMended is KeeperTakeover {
    constructor(Keepers keepers_) KeeperTakeover(keepers_) {}

    /// @inheritdoc KeeperTakeover
    function check(address target) internal view override {
        if (target == address(keepers)) revert Forbidden(target);
    }
}
