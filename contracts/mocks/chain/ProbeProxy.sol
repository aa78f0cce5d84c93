// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// An ERC-1967 proxy without administration.
contract ProbeProxy {
    /// keccak256("eip1967.proxy.implementation") - 1
    bytes32 private constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    error NoImplementation(address actual);

    constructor(address implementation) {
        if (implementation.code.length == 0) revert NoImplementation(implementation);
        assembly {
            sstore(SLOT, implementation)
        }
    }

    fallback() external payable {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), sload(SLOT), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if ok { return(0, returndatasize()) }
            revert(0, returndatasize())
        }
    }
}
