"""Methods that send transactions, and that sign with the keys of the well-known accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.answers import INVALID_PARAMS
from harness.chain.jsonrpc.call_object import Call, CallObject
from harness.chain.jsonrpc.calling import CallMethods
from harness.chain.jsonrpc.parameters import Address, Data, Misfit, fields
from harness.chain.jsonrpc.reading import PRIORITY_FEE
from harness.chain.jsonrpc.view import ChainView
from harness.chain.values.accounts import Account, well_known_accounts
from harness.chain.values.blobs import decode_with_sidecar
from harness.chain.values.hexadecimal import hexed
from harness.chain.values.refusals import MalformedTransaction
from harness.chain.values.transactions import Transaction, check_numbers, sign
from harness.primitives.addresses import checksum_address


def typed_data(value: Any) -> Mapping[str, Any]:
    """Return EIP-712 data from an object or its JSON text; raises Misfit."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Misfit(value, "typed data (EIP-712)") from None
    found = fields(value)
    for name in ("types", "domain", "message"):
        if not isinstance(found.get(name), dict):
            raise Misfit(dict(found), f"typed data with an object {name!r} (EIP-712)")
    return found


TypedData = Annotated[Mapping[str, Any], typed_data]


class Senders:
    """Addresses that may send without a signature; ``is_open`` says that all may."""

    def __init__(self) -> None:
        self.named: set[bytes] = set()
        self.is_open = False

    def __contains__(self, address: bytes) -> bool:
        return self.is_open or address in self.named


class SendMethods:
    """Methods that make, sign and send transactions."""

    def __init__(self, view: ChainView, calls: CallMethods, senders: Senders) -> None:
        self._view = view
        self._backend = view.backend
        self._calls = calls
        self._senders = senders

    def eth_sendRawTransaction(self, raw: Data) -> str:
        try:
            sent = decode_with_sidecar(raw)
        except MalformedTransaction as problem:
            raise RpcError("eth_sendRawTransaction", str(problem), INVALID_PARAMS) from None
        self._backend.submit(sent)
        return fmt.data(sent.hash)

    def eth_sendRawTransactionSync(self, raw: Data) -> fmt.Json:
        return self._receipt(self.eth_sendRawTransaction(raw))

    def eth_sendTransaction(self, request: Call) -> str:
        tx = self._filled(request)
        sender = request.call.sender
        account = well_known_accounts().get(checksum_address(sender))
        if account is not None and account.key is not None:
            sent = sign(tx, account.key, sender)
            self._backend.submit(sent)
            return fmt.data(sent.hash)
        if sender not in self._senders:
            reason = f"no key for {checksum_address(sender)}; impersonate it first"
            raise RpcError("eth_sendTransaction", reason, INVALID_PARAMS)
        return fmt.data(self._backend.submit_as(tx, sender))

    def eth_sendTransactionSync(self, request: Call) -> fmt.Json:
        return self._receipt(self.eth_sendTransaction(request))

    def eth_signTransaction(self, request: Call) -> str:
        account = self._account("eth_signTransaction", request.call.sender)
        return fmt.data(sign(self._filled(request), account.private_key, request.call.sender).raw)

    def eth_sign(self, address: Address, message: Data) -> str:
        return hexed(self._account("eth_sign", address).sign_message(message))

    def personal_sign(self, message: Data, address: Address) -> str:
        return self.eth_sign(address, message)

    def eth_signTypedData_v4(self, address: Address, typed: TypedData) -> str:
        account = self._account("eth_signTypedData_v4", address)
        types = {name: members for name, members in typed["types"].items() if name != "EIP712Domain"}
        try:
            return hexed(account.sign_typed_data(typed["domain"], types, typed["message"]))
        except Exception as problem:  # eth-account raises whatever its encoder meets
            raise RpcError("eth_signTypedData_v4", f"no typed data: {problem}", INVALID_PARAMS) from None

    def _receipt(self, tx_hash: str) -> fmt.Json:
        place = self._view.place(bytes.fromhex(tx_hash[2:]))
        if place is None:
            raise RpcError("eth_sendRawTransactionSync", f"{tx_hash} is sent and not yet in a block", data=tx_hash)
        return fmt.receipt(*place)

    def _account(self, method: str, address: bytes) -> Account:
        account = well_known_accounts().get(checksum_address(address))
        if account is None or account.key is None:
            raise RpcError(method, f"no key for {checksum_address(address)}", INVALID_PARAMS)
        return account

    def _filled(self, request: CallObject) -> Transaction:
        """Return the transaction with all that the client left to the node; raises OutOfRange."""
        wanted = request.call
        base_fee = self._backend.next_base_fee()
        price, tip, top = request.gas_price, request.priority_fee, request.max_fee
        tip = price if price is not None else PRIORITY_FEE if tip is None else tip
        top = price if price is not None else 2 * base_fee + tip if top is None else top
        tx = Transaction(
            4 if wanted.authorizations else 2,
            self._backend.chain_id if request.chain_id is None else request.chain_id,
            self._backend.nonce(wanted.sender) if request.nonce is None else request.nonce,
            min(tip, top),
            top,
            wanted.gas or int(self._calls.eth_estimateGas(request), 16),
            wanted.to,
            wanted.value,
            wanted.data,
            wanted.access_list,
            authorizations=wanted.authorizations,
        )
        check_numbers(tx)
        return tx
