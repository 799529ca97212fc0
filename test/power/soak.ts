// Cuts the power of the store and of a server at many acts. Arguments: how many cuts of each, the seed.
import { cutServer } from './power-cut-server.ts'
import { cutStore } from './power-cut.ts'

const [cuts = '100', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
process.stderr.write(`seed ${seed}\n`)
await cutStore(Number(seed), { lines: 400, cuts: Number(cuts) })
process.stderr.write(`store and trail: ${cuts} cuts with each durability, four survivals of each\n`)
for (const durability of ['written', 'synced'] as const) {
  await cutServer(Number(seed), durability, { turns: 30, cuts: Math.ceil(Number(cuts) / 4) })
  process.stderr.write(`server, ${durability}: nothing promised was lost and nothing was half there\n`)
}
