// Every sub-command of `aws kms`, unmodified. A process for each of some hundred calls takes too long for `npm test`: CI runs it by itself.
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { after, describe, test } from 'node:test'
import { cliCall, cliCommands, cliName } from '../every-operation/aws-cli-call.ts'
import { operationNames, sdkCall } from '../every-operation/call.ts'
import type { Call } from '../every-operation/call.ts'
import { chapters } from '../every-operation/chapters.ts'
import { makeStage } from '../every-operation/stage.ts'

const commands = cliCommands()
if (commands.size === 0) {
  throw new Error('These tests drive the AWS CLI, which is not installed here: "apt-get install awscli" brings it')
}

const stage = await makeStage()
after(() => stage[Symbol.asyncDispose]())
const { postern, place } = stage
const credentials = await postern.administrator()
const { kms } = postern.clients(credentials)
const other = postern.clients(credentials, { region: place.otherRegion }).kms
const byCli = cliCall(postern, await postern.environment())
const bySdk = sdkCall(region => (region === undefined ? kms : other))
const ran = new Set<string>()

/** By the CLI, but for what is newer than the CLI that is installed. */
const call: Call = (name, input, region) => {
  if (!commands.has(cliName(name))) return bySdk(name, input, region)
  ran.add(cliName(name))
  return byCli(name, input, region)
}

// What a call takes is the start of Python: side by side as many as there are cores.
describe('by the AWS CLI', { concurrency: availableParallelism() }, () => {
  for (const { title, play } of chapters) test(`by the AWS CLI, ${title}`, () => play(call, place))
})

test('every sub-command that the AWS CLI here has was run', () => {
  assert.deepEqual([...ran].sort(), [...commands].sort())
  // So that a CLI which proposes next to nothing does not pass.
  assert.ok(commands.size >= 50, `${commands.size} sub-commands`)
  assert.ok(operationNames.length >= commands.size)
})
