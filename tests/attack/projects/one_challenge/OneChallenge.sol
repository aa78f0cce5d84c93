// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title One assertion at a time about L2; one challenger may put up as much, and a judge says who is right
contract OneChallenge {
    struct Claim {
        bytes32 parent;
        bytes32 root;
        address asserter;
        address challenger;
        uint256 until;
        uint256 status; // 1 pending, 2 final, 3 rejected
    }

    uint256 public constant BOND = 1 ether;
    uint256 public constant LOST = BOND / 4;
    uint256 public constant PERIOD = 3 days;
    address public immutable judge;
    bytes32 public top;
    bytes32 public pending;
    uint256 public count;
    uint256 public burnt;
    mapping(bytes32 id => Claim) public claims;
    mapping(address who => uint256) public credit;

    error Refused(string why);

    constructor(address judge_, bytes32 genesis) {
        (judge, top) = (judge_, genesis);
        claims[genesis] = Claim(0, genesis, address(0), address(0), 0, 2);
    }

    function propose(bytes32 parent, bytes32 root) external payable returns (bytes32 id) {
        if (msg.value != BOND) revert Refused("not the bond");
        if (parent != top) revert Refused("not on the newest final one");
        if (root == 0) revert Refused("no root");
        if (pending != 0) revert Refused("one at a time");
        id = keccak256(abi.encode(parent, root, ++count));
        claims[id] = Claim(parent, root, msg.sender, address(0), block.timestamp + PERIOD, 1);
        pending = id;
    }

    function challenge(bytes32 id) external payable {
        Claim storage c = claims[id];
        if (msg.value != BOND) revert Refused("not the bond");
        if (c.status != 1) revert Refused("not pending");
        if (c.challenger != address(0)) revert Refused("challenged before");
        if (block.timestamp > c.until) revert Refused("too late");
        c.challenger = msg.sender;
    }

    function decide(bytes32 id, bool stands) external {
        Claim storage c = claims[id];
        if (msg.sender != judge) revert Refused("not the judge");
        if (c.status != 1 || c.challenger == address(0)) revert Refused("nothing to decide");
        burnt += LOST;
        if (stands) {
            credit[c.asserter] += BOND - LOST;
            (c.challenger, c.until) = (address(0), 0);
        } else {
            credit[c.challenger] += 2 * BOND - LOST;
            (c.status, pending) = (3, 0);
        }
    }

    function confirm(bytes32 id) external {
        Claim storage c = claims[id];
        if (c.status != 1) revert Refused("not pending");
        if (c.challenger != address(0)) revert Refused("in dispute");
        if (block.timestamp <= c.until) revert Refused("not yet");
        (c.status, top, pending) = (2, id, 0);
        credit[c.asserter] += BOND;
    }

    function withdraw() external {
        uint256 due = credit[msg.sender];
        if (due == 0) revert Refused("nothing is owed");
        credit[msg.sender] = 0;
        (bool taken,) = msg.sender.call{value: due}("");
        if (!taken) revert Refused("not taken");
    }
}
