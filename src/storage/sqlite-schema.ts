import type { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '../base/index.ts'

/** Numbered steps that only go forward. A released step is never changed. */
const migrations: readonly string[] = [
  `CREATE TABLE records (
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
   ) STRICT;`,
]

/**
 * Brings the database to the newest form, each step in a transaction of its own.
 *
 * @throws {ConfigError} where a newer Postern has written it.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length) {
    throw new ConfigError(
      `Cannot open ${path}: a newer Postern has written it (form ${version}, known to ${migrations.length}). Update Postern`,
    )
  }
  for (let step = version; step < migrations.length; step++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[step]!} PRAGMA user_version = ${step + 1}; COMMIT`)
  }
}
