// Removes secrets one after the other, and says of each when it is gone. Argument: the folder.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteStore, put, remove } from '../../src/storage/index.ts'
import { secretOf, secrets } from './secrets.ts'

const say = (text: string): void => void writeSync(1, `${text}\n`)
const ids = Array.from({ length: 60 }, (_, index) => `secret ${(index * 37) % 60}`)

const store = await openSqliteStore(join(process.argv[2]!, 'postern.db'))
for (const id of ids) {
  const padding = ' '.repeat((Number(id.slice(7)) % 7) * 60)
  await store.commit({ writes: [put(secrets, id, { wrapped: `1.${secretOf(id)}`, padding }, 'absent')] })
}
say('ready')
for (const id of ids.slice(0, 40)) {
  await store.commit({ writes: [remove(secrets, id, 1)], outbox: [id], scrub: true })
  say(`gone ${id}`)
}
say('done')
setInterval(() => {}, 1_000)
