// Resident memory over minutes of load: it is to be flat.
import { Client } from './load.ts'
import { inputOf, operations, signedRequest } from './requests.ts'
import { table } from './report.ts'
import { residentMebibytes, startSubject } from './subjects.ts'

export async function measureMemory(options: { readonly minutes: number }): Promise<void> {
  await using subject = await startSubject('written')
  using client = await Client.open(subject.target, 16)
  const rows = [['0', '0', residentMebibytes(subject.processId).toFixed(0)]]
  let answers = 0
  for (let minute = 1; minute <= options.minutes; minute++) {
    process.stderr.write(`memory under load, minute ${minute} of ${options.minutes}\n`)
    for (const operation of operations) {
      const request = signedRequest(subject, operation, await inputOf(subject, operation))
      answers += (await client.run({ request, connections: 16, seconds: 60 / operations.length })).answers
    }
    rows.push([String(minute), String(answers), residentMebibytes(subject.processId).toFixed(0)])
  }
  console.log('\nResident memory under load of 16 connections\n')
  console.log(table(['minute', 'answers', 'resident MiB'], rows))
}
