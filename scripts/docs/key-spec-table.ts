import { keySpecs } from '../../src/crypto/index.ts'
import type { KeySpecRow } from '../../src/crypto/index.ts'

/** The key specs, with the algorithms of each usage, as the code has them. */
export function keySpecTable(): string {
  return `${['| key spec | usage: algorithms | import | data key pairs |', '|---|---|---|---|', ...Object.values(keySpecs).map(rowOf)].join('\n')}\n`
}

function rowOf({ name, algorithms, importable, dataKeyPair }: KeySpecRow): string {
  const usages = Object.entries(algorithms).map(([usage, list]) => `\`${usage}\`: ${list.join(', ')}`)
  return `| \`${name}\` | ${usages.join('<br>')} | ${yes(importable)} | ${yes(dataKeyPair)} |`
}

const yes = (isSo: boolean): string => (isSo ? 'yes' : '')
