import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { openMemoryStore, openSqliteStore } from '../../src/storage/index.ts'
import { testStoreContract } from './store-contract.ts'
import { testStoreModel } from './store-model.ts'

const directory = mkdtempSync(join(tmpdir(), 'postern-engines-'))
after(() => rmSync(directory, { recursive: true }))

let files = 0
const openFile = async () => openSqliteStore(join(directory, `store-${files++}.db`))

testStoreContract('memory', openMemoryStore)
testStoreContract('SQLite file', openFile)
testStoreModel('memory', openMemoryStore, 60)
testStoreModel('SQLite file', openFile, 10)
