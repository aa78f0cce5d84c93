// Steps of viem's client of the OP Stack. Each line of stdin is JSON: a step and what it needs. What it finds is a line of
// stdout, as JSON. Each step has clients of its own.
import { createInterface } from 'node:readline'
import { createPublicClient, createWalletClient, defineChain, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import {
  chainConfig, getL2TransactionHashes, getWithdrawals, publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2,
} from 'viem/op-stack'

const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }

const stepsOf = ({ given, urls, key, ids, portal, factory }) => {
  const chain = (name, more) => defineChain({
    ...more, id: ids[name], name, nativeCurrency, rpcUrls: { default: { http: [urls[name]] } },
  })
  const l1 = chain('l1')
  const l2 = chain('l2', {
    ...chainConfig,
    sourceId: l1.id,
    contracts: {
      ...chainConfig.contracts,
      portal: { [l1.id]: { address: portal } },
      disputeGameFactory: { [l1.id]: { address: factory } },
    },
  })
  const account = privateKeyToAccount(key)
  // Several calls in one, without a contract on L1 for it.
  const options = { pollingInterval: 10, batch: { multicall: { deployless: true } } }
  const public1 = createPublicClient({ ...options, chain: l1, transport: http() }).extend(publicActionsL1())
  const public2 = createPublicClient({ ...options, chain: l2, transport: http() }).extend(publicActionsL2())
  const wallet1 = createWalletClient({ account, chain: l1, transport: http() }).extend(walletActionsL1())
  const wallet2 = createWalletClient({ account, chain: l2, transport: http() }).extend(walletActionsL2())

  const mined = async (client, hash) => {
    const receipt = await client.waitForTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`${hash} failed`)
    return receipt
  }
  const sent = async () => {
    const receipt = await public2.getTransactionReceipt({ hash: given.hash })
    return { receipt, withdrawal: getWithdrawals(receipt)[0] }
  }

  return {
    async deposit() {
      const request = await public2.buildDepositTransaction({
        account, to: given.to, mint: BigInt(given.mint), value: BigInt(given.value), data: given.data, gas: given.gas && BigInt(given.gas),
      })
      const receipt = await mined(public1, await wallet1.depositTransaction(request))
      const [hash] = getL2TransactionHashes(receipt)
      const made = await mined(public2, hash)
      const { type, mint, sourceHash } = await public2.getTransaction({ hash })
      return { hash, status: made.status, type, mint, sourceHash }
    },
    async withdraw() {
      const request = { to: given.to, value: BigInt(given.value), data: given.data, gas: BigInt(given.gas) }
      const hash = await wallet2.initiateWithdrawal({ request })
      await mined(public2, hash)
      return hash
    },
    async status() {
      const { receipt } = await sent()
      return public1.getWithdrawalStatus({ receipt, targetChain: l2 })
    },
    async output() {
      const { receipt } = await sent()
      const wanted = { l2BlockNumber: receipt.blockNumber, targetChain: l2 }
      const games = await public1.getGames(wanted)
      const { outputIndex, outputRoot, l2BlockNumber } = await public1.getL2Output(wanted)
      return {
        games: games.map(({ index, rootClaim, l2BlockNumber }) => ({ index, rootClaim, l2BlockNumber })),
        output: { outputIndex, outputRoot, l2BlockNumber },
      }
    },
    async prove() {
      const { receipt, withdrawal } = await sent()
      const output = await public1.getL2Output({ l2BlockNumber: receipt.blockNumber, targetChain: l2 })
      const request = await public2.buildProveWithdrawal({ account, output, withdrawal })
      return (await mined(public1, await wallet1.proveWithdrawal(request))).transactionHash
    },
    async fee() {
      const request = { account, to: given.to, value: BigInt(given.value), data: given.data }
      const estimate = await public2.estimateL1Fee(request)
      const { l1Fee, l1GasUsed, l1GasPrice } = await mined(public2, await wallet2.sendTransaction(request))
      return { estimate, l1Fee, l1GasUsed, l1GasPrice }
    },
    async wait() {
      const { withdrawal } = await sent()
      return public1.getTimeToFinalize({ withdrawalHash: withdrawal.withdrawalHash, targetChain: l2 })
    },
    async finalize() {
      const { withdrawal } = await sent()
      return (await mined(public1, await wallet1.finalizeWithdrawal({ targetChain: l2, withdrawal }))).transactionHash
    },
  }
}

const text = (_, value) => typeof value === 'bigint' ? value.toString() : value
for await (const line of createInterface({ input: process.stdin })) {
  const wanted = JSON.parse(line)
  Date.now = () => wanted.now * 1000
  const told = await stepsOf(wanted)[wanted.what]().then((found) => ({ found }), (problem) => ({ problem: problem.stack }))
  console.log(JSON.stringify(told, text))
}
