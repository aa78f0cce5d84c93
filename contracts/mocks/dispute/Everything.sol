// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One transaction that uses every family of opcodes
contract Everything {
    uint256 public total;
    bytes32 public digest;
    address public last;

    event Ran(uint256 indexed total, bytes32 digest);

    error Refused(uint256 total);

    function run(bytes calldata data) external payable {
        total = total + data.length * 3 + block.timestamp % 7;
        digest = keccak256(abi.encodePacked(msg.sender, data, sha256(data), blockhash(block.number - 1)));
        assembly ("memory-safe") {
            tstore(1, number())
            let start := mload(0x40)
            mcopy(start, 0x00, 0x40)
            sstore(9, add(tload(1), mload(start)))
        }
        last = address(new Short{salt: digest}());
        last = address(new Short());
        Short(payable(last)).end{value: msg.value}(payable(msg.sender));
        try this.refuse() {} catch {}
        (bool done,) = address(this).delegatecall(abi.encodeCall(this.add, (2)));
        require(done);
        require(this.view_() == total);
        emit Ran(total, digest);
    }

    function add(uint256 amount) external payable {
        total += amount;
    }

    function view_() external view returns (uint256) {
        return total;
    }

    function refuse() external {
        total = 0;
        revert Refused(total);
    }
}

/// @title A contract that can end in the transaction that made it
contract Short {
    function end(address payable to) external payable {
        selfdestruct(to);
    }
}
