// The benchmarks: `npm run bench`, or with the names of sections and other lengths, e.g.
// `npm run bench -- throughput --seconds 1 --rounds 3`. What counts are the ratios of one run: machines are noisy.
import { parseArgs } from 'node:util'
import { cpus } from 'node:os'
import { measureCryptography } from './cryptography.ts'
import { measureDecisions } from './decisions.ts'
import { measureMemory } from './memory.ts'
import { operations } from './requests.ts'
import { measureStartup } from './startup.ts'
import { measureStarvation } from './starvation.ts'
import { measureThroughput } from './throughput.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    keys: { type: 'string', default: '100000' },
    minutes: { type: 'string', default: '10' },
    operation: { type: 'string', multiple: true },
  },
})

const [seconds, rounds, keys, minutes] = [values.seconds, values.rounds, values.keys, values.minutes].map(Number) as [
  number,
  number,
  number,
  number,
]
const sections: Readonly<Record<string, () => Promise<void>>> = {
  throughput: () =>
    measureThroughput({
      seconds,
      rounds,
      operations: operations.filter(name => values.operation?.includes(name) ?? true),
    }),
  cryptography: () => measureCryptography({ seconds, rounds }),
  starvation: () => measureStarvation({ seconds, rounds }),
  decisions: () => measureDecisions({ rounds }),
  startup: () => measureStartup({ keys, rounds }),
  memory: () => measureMemory({ minutes }),
}

const chosen = positionals.length === 0 ? Object.keys(sections) : positionals
const unknown = chosen.filter(name => sections[name] === undefined)
if (unknown.length > 0) throw new Error(`No such section: ${unknown.join()}. There are ${Object.keys(sections).join()}`)
console.log(`Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`)
for (const name of chosen) await sections[name]!()
process.exit()
