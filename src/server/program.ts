import { extname, join } from 'node:path'
import { shellQuote } from '../base/index.ts'

/** How a shell runs this Postern from anywhere: `postern` where it is installed; in a checkout the script there, by its path. */
export function programWord(): string {
  const isCheckout = extname(import.meta.filename) === '.ts'
  return isCheckout ? shellQuote(join(import.meta.dirname, '..', '..', 'postern')) : 'postern'
}
