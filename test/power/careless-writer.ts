// Writes as nobody should, and says that it is done: with the folder and the fault. The checker must find each fault out.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connectionPragmas } from '../../src/storage/sqlite-connection.ts'

const [folder = '', fault = ''] = process.argv.slice(2)
const say = (text: string): void => void writeSync(1, `${text}\n`)

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function writeFile(path: string, text: string, isSynced: boolean): void {
  const file = openSync(path, 'wx')
  writeSync(file, text)
  if (isSynced) fsyncSync(file)
  closeSync(file)
}

function writeFiles(): void {
  for (let number = 0; number < 20; number++) {
    const path = join(folder, `${number}`)
    if (fault === 'rename before sync') {
      writeFile(`${path}.part`, 'whole', false)
      renameSync(`${path}.part`, path)
    } else writeFile(path, 'whole', fault !== 'file not synced')
    if (fault !== 'name not synced') syncFolder(folder)
    say(`${number}`)
  }
}

function writeFolders(): void {
  for (let number = 0; number < 20; number++) {
    const within = join(folder, `in ${number}`)
    mkdirSync(within)
    writeFile(join(within, 'file'), 'whole', true)
    syncFolder(within)
    if (fault !== 'folder above not synced') syncFolder(folder)
    say(`in ${number}/file`)
  }
}

function writeRows(): void {
  const database = new DatabaseSync(join(folder, 'rows.db'))
  for (const pragma of connectionPragmas) database.exec(pragma)
  if (fault === 'database not synced') database.exec('PRAGMA synchronous = OFF')
  database.exec('CREATE TABLE rows (number INTEGER)')
  for (let number = 0; number < 20; number++) {
    database.exec(`INSERT INTO rows VALUES (${number})`)
    say(`row ${number}`)
  }
}

say('ready')
if (fault.startsWith('database')) writeRows()
else if (fault.startsWith('folder')) writeFolders()
else writeFiles()
say('done')
setInterval(() => {}, 1_000)
