import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanVariables, program, run } from './start-postern.ts'

/** Runs the program as a Node of this version would. */
const runAs = (version: string): ReturnType<typeof run> => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const words = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, 'version']
  return run(process.execPath, words, cleanVariables())
}

for (const version of ['18.0.0', '20.20.2', '22.22.2', '24.6.9']) {
  test(`[B18] on Node ${version} the program says in one line what it needs, and does nothing`, async () => {
    const { status, out, error } = await runAs(version)

    assert.equal(status, 1)
    assert.equal(out, '')
    assert.match(error, new RegExp(`^postern needs Node\\.js 24\\.7 or later: this is ${version}[^\\n]*\\n$`))
  })
}

for (const version of ['24.7.0', '24.10.0', '26.0.0']) {
  test(`[B18] on Node ${version} the program runs`, async () => {
    const { status, error } = await runAs(version)

    assert.equal(status, 0, error)
  })
}
