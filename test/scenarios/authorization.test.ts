// The scenarios of authorization/: each a question, the policies that apply, and what AWS would say.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthorizer } from '../../src/authorization/index.ts'
import { readScenario } from './read-scenario.ts'
import type { Scenario } from './read-scenario.ts'

const folder = join(import.meta.dirname, 'authorization')
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json'))

for (const file of files.sort()) {
  const scenario = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Scenario
  test(`${file.replace('.json', '')}: ${scenario.name}`, async () => {
    const { facts, check, sources } = readScenario(scenario)

    const verdict = await createAuthorizer(sources).authorize(facts, [check])

    const { refusal } = verdict
    const outcome = verdict.allowed
      ? { allowed: true }
      : {
          allowed: false,
          refusedBy: refusal!.layer,
          explicit: refusal!.explicit,
          ...(scenario.expected.message === undefined ? {} : { message: refusal!.message }),
          ...(scenario.expected.byEndpointOnly === undefined ? {} : { byEndpointOnly: verdict.refusedByEndpointOnly }),
        }
    assert.deepEqual(outcome, scenario.expected)
  })
}
