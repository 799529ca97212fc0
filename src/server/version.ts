import { readFileSync } from 'node:fs'

let known: string | undefined

/** The version of this Postern, from its package. */
export function posternVersion(): string {
  known ??= (
    JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  ).version
  return known
}
