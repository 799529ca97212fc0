import { readFileSync } from 'node:fs'

/** The tests of a file of `crypto/`. */
export function readVectors(name: string): readonly unknown[] {
  const file = new URL(`./crypto/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly tests: readonly unknown[] }).tests
}
