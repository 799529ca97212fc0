import type { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '../base/index.ts'

/** "Pstn", in the file's header: tells our databases from others. */
export const applicationId = 0x5073746e

/** Numbered steps that only go forward. A released step is never changed. */
export const migrations: readonly string[] = [
  `PRAGMA application_id = ${applicationId};
   CREATE TABLE records (
     collection TEXT NOT NULL,
     id         TEXT NOT NULL,
     version    INTEGER NOT NULL,
     value      TEXT NOT NULL,
     PRIMARY KEY (collection, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE index_entries (
     collection TEXT NOT NULL,
     name       TEXT NOT NULL,
     key        TEXT NOT NULL,
     id         TEXT NOT NULL,
     PRIMARY KEY (collection, name, key, id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX index_entries_of_record ON index_entries (collection, id);
   CREATE TABLE outbox (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     record   TEXT NOT NULL
   ) STRICT;
   CREATE TABLE meta (
     name  TEXT PRIMARY KEY,
     value INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   INSERT INTO meta (name, value) VALUES ('commits', 0);`,
]

/**
 * Brings the database to the newest form, each step in a transaction of its own, so that a killed process leaves a form that
 * the next start goes on from.
 *
 * @throws {ConfigError} where a newer Postern, or something else, has written it.
 */
export function migrate(database: DatabaseSync, path: string, steps: readonly string[] = migrations): void {
  for (let step = readForm(database, path, steps.length); step < steps.length; step++) {
    database.exec('BEGIN IMMEDIATE')
    try {
      database.exec(`${steps[step]!} PRAGMA user_version = ${step + 1}; COMMIT`)
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}

/** The form that a database has, 0 for an empty one. @throws {ConfigError} where it is none of ours, or too new. */
export function readForm(database: DatabaseSync, path: string, newest = migrations.length): number {
  const form = readNumber(database, 'PRAGMA user_version')
  const isEmpty = readNumber(database, 'SELECT count(*) FROM sqlite_schema') === 0
  const isOurs = form > 0 && readNumber(database, 'PRAGMA application_id') === applicationId
  if (!isOurs && !(isEmpty && form === 0)) throw new ConfigError(`${path} is no store of Postern: choose another file`)
  if (form > newest) {
    throw new ConfigError(
      `Cannot open ${path}: a newer Postern has written it (form ${form}, known up to ${newest}). Update Postern`,
    )
  }
  return form
}

function readNumber(database: DatabaseSync, query: string): number {
  const [value] = Object.values(database.prepare(query).get() ?? {})
  return Number(value)
}
