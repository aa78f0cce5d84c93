// viem, unmodified: deploys and calls on L2, hears of heads and events over WebSocket, and asks for what wallets ask.
import { readFileSync } from "node:fs";
import { createPublicClient, createTestClient, createWalletClient, defineChain, http, parseEther, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const wanted = JSON.parse(readFileSync(0, "utf8"));
const chain = defineChain({
  id: wanted.id, name: "L2", nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [wanted.url], webSocket: [wanted.url.replace("http", "ws")] } },
});
const account = privateKeyToAccount(wanted.key), found = {};
const client = createPublicClient({ chain, transport: http(), pollingInterval: 50 });
const heard = createPublicClient({ chain, transport: webSocket() });
const wallet = createWalletClient({ account, chain, transport: http() });
const test = createTestClient({ mode: "anvil", chain, transport: http() });

const made = await wallet.deployContract({ abi: wanted.abi, bytecode: wanted.bytecode, args: ["Gold", "GLD", 1000n] });
const { contractAddress: address } = await client.waitForTransactionReceipt({ hash: made });
found.symbol = await client.readContract({ address, abi: wanted.abi, functionName: "symbol" });

const head = new Promise((done, failed) => heard.watchBlockNumber({ onBlockNumber: done, onError: failed }));
const event = new Promise((done, failed) =>
  heard.watchContractEvent({ address, abi: wanted.abi, eventName: "Transfer", onLogs: ([log]) => done(Object.values(log.args).map(String)), onError: failed }));
await heard.getChainId();
await new Promise((done) => setTimeout(done, 200)); // viem says nothing of when its subscription has begun
const { request } = await client.simulateContract({ account, address, abi: wanted.abi, functionName: "transfer", args: [wanted.other, 7n] });
const hash = await wallet.writeContract(request);
const receipt = await client.waitForTransactionReceipt({ hash });
found.status = receipt.status;
found.event = await event;
found.head = (await head) >= receipt.blockNumber;
try {
  await client.simulateContract({ account, address, abi: wanted.abi, functionName: "transfer", args: [wanted.other, 10n ** 30n] });
} catch (problem) {
  found.revert = problem.walk((each) => each.data?.errorName).data.errorName;
}
found.gas = (await client.estimateGas({ account, to: wanted.other, value: 1n })) === 21000n;
found.fees = (await client.estimateFeesPerGas()).maxFeePerGas > 0n;
found.hasEther = String(await client.getBalance({ address: wanted.other })) !== "0";
found.proof = (await client.getProof({ address, storageKeys: [] })).accountProof.length > 0;
found.logs = (await client.getContractEvents({ address, abi: wanted.abi, fromBlock: 0n })).length;
found.pool = await test.getTxpoolStatus().then(({ pending, queued }) => [pending, queued]);
try {
  await test.setBalance({ address: wanted.other, value: parseEther("1") });
} catch (problem) {
  found.refused = problem.details;
}
console.log(JSON.stringify(found));
process.exit(0);
