// Cuts the power of a process that writes to a store and a trail: of each file there is what was synced, or that and more; nothing
// acknowledged is lost and nothing is half done. Arguments: how many cuts, the seed. Needs `cc`.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../../src/base/index.ts'
import { buildDiskShim } from '../storage/disk-shim.ts'
import { checkWhatIsLeft, runAndKill } from './kill-store.ts'

/** The files that count, by their path in the folder: an index is made again, and a journal is from before the log. */
const counts = (name: string): boolean => /^(postern\.db(-wal)?|trail.trail-\d+\.log)$/.test(name)

/** What the disk has after the cut: of each file its image at its last sync, or what had been written. */
function leaveAfterCut(folder: string, images: string, random: () => number): string {
  const left = mkdtempSync(join(tmpdir(), 'postern-cut-left-'))
  mkdirSync(join(left, 'trail'), { mode: 0o700 })
  for (const name of readdirSync(images).filter(counts)) {
    const path = name.replace('%', '/')
    copyFileSync(random() < 0.5 ? join(images, name) : join(folder, path), join(left, path))
  }
  return left
}

export async function cutPower(cuts: number, seed: number): Promise<void> {
  const bytes = seededRandom(seed)
  const random = (): number => bytes(4).readUInt32BE() / 2 ** 32
  const shim = buildDiskShim()
  try {
    for (let cut = 0; cut < cuts; cut++) {
      const folder = mkdtempSync(join(shim.folder, 'cut-'))
      const [data, images] = [join(folder, 'data'), join(folder, 'synced')]
      for (const made of [data, images]) mkdirSync(made)
      const variables = { LD_PRELOAD: shim.path, SHIM_DIR: data, SHIM_SYNCED: images }
      const acknowledged = await runAndKill(data, seed + cut, () => random() * 8, { durability: 'synced', variables })
      const left = leaveAfterCut(data, images, random)
      await checkWhatIsLeft(left, new Set(acknowledged))
      rmSync(left, { recursive: true })
      process.stderr.write(`power cut ${cut + 1} of ${cuts}: ${acknowledged.length} acknowledged before it\n`)
    }
  } finally {
    rmSync(shim.folder, { recursive: true })
  }
}

if (import.meta.main) {
  const [cuts = '100', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
  process.stderr.write(`seed ${seed}\n`)
  await cutPower(Number(cuts), Number(seed))
  process.stderr.write(`${cuts} power cuts, nothing acknowledged was lost and nothing was half there\n`)
}
