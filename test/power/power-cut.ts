// Cuts the power of a process that writes, at many moments: what it acknowledged is there, nothing is half done, all opens.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../src/base/index.ts'
import { checkWhatIsLeft } from '../soak/kill-store.ts'
import { DiskLog } from './disk-log.ts'
import type { Chance, Survival } from './disk-log.ts'
import { RecordingDisk } from './recording-disk.ts'

/** Chances that are the same for a seed. */
export function chanceOf(seed: number): Chance {
  const bytes = seededRandom(seed)
  return () => bytes(4).readUInt32BE() / 2 ** 32
}

/** Runs a program on the disk until it has said so many lines, and kills it. */
export async function runOn(disk: RecordingDisk, program: URL, words: readonly string[], lines: number): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(program), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...disk.variables() },
  })
  let said = 0
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1').split('\n').length - 1
    if (said >= lines) child.kill('SIGKILL')
  })
  await new Promise(resolve => child.once('close', resolve))
  assert.ok(said >= lines, `${program.pathname} ended after ${said} lines`)
}

/** Looks at a disk after a cut. */
export type Check = (folder: string, log: DiskLog) => Promise<void>

export interface CutOptions {
  readonly cuts: number
  readonly survivals: readonly Survival[]
  readonly chance: Chance
}

/** Cuts the power at so many acts, spread over the log from where `begins` is true on, and checks what each leaves. */
export async function cutOften(
  disk: RecordingDisk,
  check: Check,
  { cuts, survivals, chance }: CutOptions,
  begins: (log: DiskLog) => boolean = () => true,
): Promise<void> {
  const bytes = readFileSync(disk.log)
  const acts = countActs(bytes, begins)
  const log = new DiskLog(bytes)
  while (!begins(log)) log.next()
  // The end is always among them: what was said last is promised too.
  const moments = new Set([acts, ...Array.from({ length: cuts - 1 }, () => 1 + Math.floor(chance() * acts))])
  for (let act = 1; log.next(); act++) {
    if (!moments.has(act)) continue
    for (const survival of survivals) {
      const left = disk.newFolder()
      log.cut(left, survival, chance)
      try {
        await check(left, log)
      } catch (cause) {
        throw new Error(`A cut at act ${act} of ${acts} that leaves "${survival}" of what was not synced`, { cause })
      }
      rmSync(left, { recursive: true })
    }
  }
}

function countActs(bytes: Buffer, begins: (log: DiskLog) => boolean): number {
  const log = new DiskLog(bytes)
  while (!begins(log)) assert.ok(log.next(), 'the load never began')
  let acts = 0
  while (log.next()) acts += 1
  return acts
}

/** Lines that were said in whole. */
export function linesOf({ said }: DiskLog): readonly string[] {
  return said.split('\n').slice(0, -1)
}

/** A load on the store and the trail, cut off often. */
export async function cutStore(
  seed: number,
  options: { readonly lines: number; readonly cuts: number },
): Promise<void> {
  for (const durability of ['written', 'synced'] as const) {
    using disk = new RecordingDisk()
    const words = [disk.folder, String(seed), durability]
    // Started again after its first end, so that a log that is there already is gone on with.
    const program = new URL('../soak/store-load.ts', import.meta.url)
    await runOn(disk, program, words, options.lines / 2)
    await runOn(disk, program, [disk.folder, String(seed + 1), durability], options.lines / 2)
    const promised = durability === 'synced' ? /^(change|call) / : /^change /
    const check: Check = async (folder, log) =>
      checkWhatIsLeft(folder, new Set(linesOf(log).filter(line => promised.test(line))))
    const chance = chanceOf(seed)
    await cutOften(disk, check, { cuts: options.cuts, survivals: ['none', 'first', 'any', 'all'], chance }, log =>
      log.said.startsWith('ready'),
    )
  }
}
