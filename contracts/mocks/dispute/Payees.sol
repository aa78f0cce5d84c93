// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputeGame} from "../../interfaces/IDisputeGame.sol";
import {ClaimId} from "../../types/DisputeTypes.sol";

/// @title A contract that plays, so that its bonds are paid to a contract
abstract contract Player {
    IDisputeGame public game;

    constructor(IDisputeGame game_) payable {
        game = game_;
    }

    function attack(ClaimId parent, bytes32 value, uint256 bond) external returns (ClaimId) {
        uint256 last = block.number - 1;
        return game.factory().attack{value: bond}(game.assertionId(), parent, value, last, blockhash(last));
    }

    function defend(ClaimId parent, bytes32 value, uint256 bond) external returns (ClaimId) {
        uint256 last = block.number - 1;
        return game.factory().defend{value: bond}(game.assertionId(), parent, value, last, blockhash(last));
    }

    function withdraw(address payable to) external {
        game.withdraw(to);
    }
}

/// @title A wallet that takes ether
contract ContractWallet is Player {
    constructor(IDisputeGame game_) payable Player(game_) {}

    receive() external payable {}
}

/// @title A player that cannot be paid
contract Unpayable is Player {
    constructor(IDisputeGame game_) payable Player(game_) {}
}

/// @title A receiver that asks for its money again while it is being paid
contract ReentrantPayee is Player {
    bool public refused;

    constructor(IDisputeGame game_) payable Player(game_) {}

    receive() external payable {
        try game.withdraw(payable(address(this))) {}
        catch {
            refused = true;
        }
    }
}

/// @title A receiver that burns all the gas it is given
contract GasBurner is Player {
    constructor(IDisputeGame game_) payable Player(game_) {}

    receive() external payable {
        while (true) {}
    }
}
