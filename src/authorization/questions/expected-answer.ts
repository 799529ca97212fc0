import type { Verdict } from '../authorize.ts'
import type { ExpectedAnswer } from './question-file.ts'

/** Where an answer is not as a question file expects it: one line for each member that differs; empty where all is as expected. */
export function differencesFrom(expected: ExpectedAnswer, verdict: Verdict): readonly string[] {
  const { allowed, refusal, refusedByEndpointOnly } = verdict
  const answer: Readonly<Record<keyof ExpectedAnswer, unknown>> = {
    allowed,
    refusedBy: refusal?.layer,
    explicit: refusal?.explicit,
    message: refusal?.message,
    byEndpointOnly: refusedByEndpointOnly,
  }
  return (Object.entries(expected) as readonly (readonly [keyof ExpectedAnswer, unknown])[])
    .filter(([name, value]) => answer[name] !== value)
    .map(([name, value]) => `${name} is ${shown(answer[name])}, expected was ${shown(value)}`)
}

const shown = (value: unknown): string => (value === undefined ? 'not said' : JSON.stringify(value))
