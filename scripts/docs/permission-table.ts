// The table of what operations ask permission for, made by preparing the typical requests that the tests have.
import type { AccessCheck } from '../../src/authorization/index.ts'
import { IamRoom } from '../../test/iam/iam-room.ts'
import { iamBench } from '../../test/services/iam-requests.ts'
import type { ServiceBench } from '../../test/services/service-bench.ts'
import { stsBench } from '../../test/services/sts-requests.ts'

/** What one operation asks for, over all of its requests. */
interface OperationRow {
  readonly name: string
  readonly readOnly: boolean
  /** What else than the operation's own permission a request can need. */
  readonly others: readonly string[]
  readonly resources: readonly string[]
  readonly keys: readonly string[]
}

/** Tables for IAM and STS: operations that ask for the same are in one row. */
export async function permissionTable(): Promise<string> {
  await using room = await IamRoom.open()
  const rows = [...(await rowsOf(await iamBench(room))), ...(await rowsOf(await stsBench(room)))]
  const groups = Map.groupBy(rows, ({ name, readOnly, others, resources, keys }) =>
    JSON.stringify([name.split(':')[0], readOnly, others, resources, keys]),
  )
  const lines = [...groups.values()].map(group => {
    const { readOnly, others, resources, keys } = group[0]!
    const names = unique(group.map(({ name }) => name)).join(', ')
    const permissions = others.length === 0 ? names : `${names} (and ${others.join(', ')})`
    return `| ${permissions} | ${resources.join(', ')} | ${keys.join(', ')} | ${readOnly ? 'yes' : 'no'} |`
  })
  const head = ['| permission | on | condition keys | read |', '|---|---|---|---|']
  return `${[...head, ...lines.sort()].join('\n')}\n`
}

async function rowsOf(bench: ServiceBench): Promise<readonly OperationRow[]> {
  const rows: OperationRow[] = []
  for (const [operation, { readOnly }] of bench.service.operations) {
    const checks: AccessCheck[] = []
    for (const request of bench.requests[operation] ?? []) {
      const prepared = await bench.prepare(operation, request)
      if (prepared.checks !== 'no permission needed') checks.push(...prepared.checks)
    }
    const name = `${bench.service.name}:${operation}`
    const own = checks.filter(({ action }) => action === name)
    rows.push({
      name,
      readOnly,
      others: unique(checks.map(({ action }) => action).filter(action => action !== name)),
      resources: checks.length === 0 ? ['no permission needed'] : unique(own.map(resourceOf)),
      keys: unique(own.flatMap(keysOf)),
    })
  }
  return rows
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()

/** The type of a resource: what stands behind the account in its ARN. */
function resourceOf({ resource }: AccessCheck): string {
  return resource.kind === 'none' ? '`*`' : resource.arn.split(':').at(-1)!.split('/')[0]!
}

/** Keys beside those that every request has. */
function keysOf({ context = {}, resource }: AccessCheck): readonly string[] {
  const isTagged = 'tags' in resource && Object.keys(resource.tags ?? {}).length > 0
  const isIdentity = resource.kind !== 'none' && /:(?:user|role)\//.test(resource.arn)
  return [
    ...Object.keys(context).map(key => key.replace(/(Tag)\/.*/, '$1/KEY')),
    ...(isTagged ? ['aws:ResourceTag/KEY'] : []),
    ...(isTagged && isIdentity ? ['iam:ResourceTag/KEY'] : []),
  ]
}
