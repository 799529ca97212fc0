// The table of KMS's operations, made by preparing the typical requests that the tests have.
import type { AccessCheck } from '../../src/authorization/index.ts'
import { keySpecs } from '../../src/crypto/index.ts'
import type { KeyUsage } from '../../src/crypto/index.ts'
import { grantOperationsOf, permittedStates } from '../../src/keys/index.ts'
import { usageFor } from '../../src/services/index.ts'
import { IamRoom } from '../../test/iam/iam-room.ts'
import { kmsBench } from '../../test/services/kms-requests.ts'
import type { ServiceBench } from '../../test/services/service-bench.ts'

/** What grants can permit, of any kind of key. */
const grantable: ReadonlySet<string> = new Set(
  Object.values(keySpecs).flatMap(({ name: keySpec, algorithms }) =>
    Object.keys(algorithms).flatMap(usage => grantOperationsOf({ keySpec, keyUsage: usage as KeyUsage })),
  ),
)

/** A row for each operation: its permissions, what it acts on, what for and in which states, and whether a grant can permit it. */
export async function kmsTable(): Promise<string> {
  await using room = await IamRoom.open()
  const bench = await kmsBench(room)
  const rows = await Promise.all([...bench.service.operations.keys()].sort().map(name => rowOf(name, bench)))
  const head = [
    '| operation | permissions | on | usage of the key | states of the key | grant |',
    '|---|---|---|---|---|---|',
  ]
  return `${[...head, ...rows].join('\n')}\n`
}

async function rowOf(name: string, bench: ServiceBench): Promise<string> {
  const checks: AccessCheck[] = []
  for (const request of bench.requests[name] ?? []) {
    const prepared = await bench.prepare(name, request)
    if (prepared.checks !== 'no permission needed') checks.push(...prepared.checks)
  }
  const permissions = unique(checks.map(({ action }) => action))
  const resources = unique(checks.map(resourceOf))
  const isOnKey = checks.some(({ resource }) => resource.kind === 'key')
  const isGrantable = permissions.some(action => grantable.has(action.slice('kms:'.length)))
  const cells = [
    `\`${name}\``,
    permissions.join(', '),
    resources.join(', '),
    usageFor(name) ?? '',
    isOnKey ? statesOf(name) : '',
    isGrantable ? 'yes' : '',
  ]
  return `| ${cells.join(' | ')} |`
}

/** The states, by what is shorter to say. */
function statesOf(name: string): string {
  const { permitted, others } = permittedStates(name)
  if (others.length === 0) return 'all'
  return others.length < permitted.length ? `all but ${others.join(', ')}` : permitted.join(', ')
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()

function resourceOf({ resource }: AccessCheck): string {
  if (resource.kind === 'none') return '`*`'
  return resource.arn.includes(':alias/') ? 'alias' : 'key'
}
