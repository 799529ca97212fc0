// Everything that a change must pass, in the order in which a failure is the quickest to see.
import { runCommand } from './run-command.ts'

const node = process.execPath
const steps: readonly (readonly [name: string, program: string, words: readonly string[]])[] = [
  ['format', 'node_modules/.bin/oxfmt', ['--check', 'src', 'scripts', 'test', 'bench']],
  ['types', 'node_modules/.bin/tsc', ['-p', '.']],
  ['lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings', 'src', 'scripts', 'test', 'bench']],
  ['layers', node, ['scripts/layers.ts']],
  ['doc comments', node, ['scripts/doc-comments.ts']],
  ['models', node, ['scripts/generate-models.ts', '--check']],
  ['docs', node, ['scripts/generate-docs.ts', '--check']],
  ['unused code', 'node_modules/.bin/knip', ['--no-progress']],
  ['tests', node, ['scripts/test.ts']],
]

for (const [name, program, words] of steps) {
  const started = performance.now()
  const code = await runCommand(program, words)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  process.stderr.write(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name}  ${seconds} s\n`)
  if (code !== 0) {
    process.exitCode = 1
    break
  }
}
