// Ends as a process does that is killed in a commit: what it wrote is not synced. Started again, it says that it has found that.
// Argument: the folder.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../src/storage/index.ts'
import { secrets } from './secrets.ts'

const say = (text: string): void => void writeSync(1, `${text}\n`)
const path = join(process.argv[2]!, 'postern.db')

const store = await openSqliteStore(path)
if ((await store.get(secrets, 'half way')) !== undefined) {
  say('found')
  // Whoever waits for this line kills the process before the disk has noted it, but not before it has noted the one above.
  say('waiting')
} else {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA synchronous = OFF')
  const value = JSON.stringify({ wrapped: 'half way', padding: '' })
  database.prepare('INSERT INTO records VALUES (?, ?, 1, ?)').run(secrets.name, 'half way', value)
  say('written')
}
setInterval(() => {}, 1_000)
