// Runs the tests: those beside the sources and those of test/. Arguments choose files: `npm test -- src/policy/decide.test.ts`.
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { repository, runCommand } from './run-command.ts'

const given = process.argv.slice(2)
const found = ['src', 'scripts', 'test'].flatMap(folder =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => join(folder, file)),
)
const files = given.length > 0 ? given : found.sort()
// By itself Node leaves one core free, which is half of two: the tests wait more than they compute.
const concurrency = `--test-concurrency=${availableParallelism()}`
process.exitCode = await runCommand(
  process.execPath,
  ['--test', concurrency, '--test-timeout=600000', ...files],
  // Hundreds of processes strip the types of the same sources, and compile the same libraries: once is enough.
  { ...process.env, NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/postern') },
)
