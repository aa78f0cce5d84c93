// ethers 6, unmodified: deposits, deploys and calls on L2, hears of events, and leaves L2 with a proof that the portal takes.
import { readFileSync } from "node:fs";
import { Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, parseEther } from "ethers";

const wanted = JSON.parse(readFileSync(0, "utf8"));
// ethers keeps answers for a quarter of a second, which is longer than a block takes here: a nonce would be used twice.
const fresh = { cacheTimeout: -1 };
const l1 = new JsonRpcProvider(wanted.l1, undefined, fresh), l2 = new JsonRpcProvider(wanted.l2, undefined, fresh);
const heard = new WebSocketProvider(wanted.l2.replace("http", "ws"));
for (const provider of [l1, l2]) provider.pollingInterval = 50;
const on1 = new Wallet(wanted.key, l1), on2 = new Wallet(wanted.key, l2);
const found = {};

const before = await l2.getBalance(wanted.other);
const portal = new Contract(wanted.portal.address, wanted.portal.abi, on1);
await (await portal.depositTransaction(wanted.other, parseEther("2"), 100000, false, "0x", { value: parseEther("2") })).wait();
found.deposited = String((await l2.getBalance(wanted.other)) - before);

const factory = new ContractFactory(wanted.token.abi, wanted.token.bytecode, on2);
const token = await factory.deploy("Gold", "GLD", 1000n);
await token.waitForDeployment();
found.symbol = await token.symbol();
const place = await token.getAddress();

const listening = new Contract(place, wanted.token.abi, heard);
const event = new Promise((done) => listening.on("Transfer", (from, to, amount) => done([from, to, String(amount)])));
const block = new Promise((done) => heard.once("block", done));
await listening.listenerCount("Transfer");
await heard.getBlockNumber();
await new Promise((done) => setTimeout(done, 200)); // ethers says nothing of when its subscription has begun
await (await token.transfer(wanted.other, 7n)).wait();
found.event = await event;
found.heard = (await block) > 0;
found.logs = (await token.queryFilter("Transfer")).length;
found.balance = String(await token.balanceOf(wanted.other));
try {
  await token.transfer.staticCall(wanted.other, 10n ** 30n);
} catch (problem) {
  found.revert = problem.revert?.name ?? problem.code;
}

const passer = new Contract(wanted.passer.address, wanted.passer.abi, on2);
const left = await (await passer.initiateWithdrawal(wanted.other, 0, "0x", { value: parseEther("1") })).wait();
found.withdrawal = passer.interface.parseLog(left.logs[0]).args.withdrawalHash;
await l2.send("rollup_run", []);
const proof = await l2.send("rollup_withdrawalProof", [found.withdrawal]);
const opening = await l2.send("rollup_openingOf", [proof.assertion]);
const roots = new Contract(wanted.roots.address, wanted.roots.abi, on1);
await (await roots.open(opening.assertion, opening.machine, opening.environment, opening.nodes)).wait();
const { gameIndex } = await l2.send("rollup_withdrawalProof", [found.withdrawal]);
const root = ["version", "stateRoot", "messagePasserStorageRoot", "latestBlockhash"].map((name) => proof.output[name]);
const { nonce, sender, target, value, gasLimit, data } = proof.withdrawal;
const message = [nonce, sender, target, value, gasLimit, data];
await (await portal.proveWithdrawalTransaction(message, gameIndex, root, proof.nodes)).wait();
const owned = await l1.getBalance(wanted.other);
await (await portal.finalizeWithdrawalTransaction(message)).wait();
found.paid = String((await l1.getBalance(wanted.other)) - owned);
found.feeHistory = (await l2.send("eth_feeHistory", ["0x2", "latest", [50]])).baseFeePerGas.length;

console.log(JSON.stringify(found));
await heard.destroy();
process.exit(0);
