// Hardhat 3, unmodified: its networks are the two ports, it signs with the account of its configuration, and it deploys
// the artifact of its project.
import { readFileSync } from "node:fs";
import { artifacts, network } from "hardhat";

const wanted = JSON.parse(readFileSync("wanted.json", "utf8"));

async function play(name) {
  const { provider, networkConfig } = await network.create(name);
  const ask = (method, ...params) => provider.request({ method, params });
  const found = { chain: networkConfig.chainId, block: Number(await ask("eth_blockNumber")) };
  const [from] = await ask("eth_accounts");
  found.from = from;
  const send = async (tx) => {
    const hash = await ask("eth_sendTransaction", { from, ...tx });
    for (;;) {
      const receipt = await ask("eth_getTransactionReceipt", hash);
      if (receipt !== null) return receipt;
    }
  };
  const before = BigInt(await ask("eth_getBalance", wanted.other, "latest"));
  found.status = (await send({ to: wanted.other, value: "0x5" })).status;
  found.paid = String(BigInt(await ask("eth_getBalance", wanted.other, "latest")) - before);

  const { bytecode } = await artifacts.readArtifact("DemoToken");
  const { contractAddress: to } = await send({ data: bytecode + wanted.constructor });
  found.place = to;
  found.moved = (await send({ to, data: wanted.transfer })).logs.map(({ topics, data }) => ({ topics, data }));
  found.balance = await ask("eth_call", { to, data: wanted.balanceOf }, "latest");
  found.logs = (await ask("eth_getLogs", { address: to, fromBlock: "0x0" })).length;
  try {
    await ask("eth_call", { from, to, data: wanted.tooMuch }, "latest");
  } catch (problem) {
    found.revert = problem.data?.data ?? problem.data;
  }
  return found;
}

console.log(JSON.stringify({ l1: await play("l1"), l2: await play("l2") }));
