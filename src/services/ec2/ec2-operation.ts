import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import type { EndpointServiceRow, Network } from '../../network/index.ts'
import type { Check } from '../../storage/index.ts'
import type { AuditValue, AuditValues } from '../../trail/index.ts'
import { operation } from '../operation.ts'
import type { Operation, Outcome, RequestScope } from '../operation.ts'
import { permissionBuilder } from './needed-permissions.ts'
import type { NeededPermission, NeededPermissions, PermissionBuilder } from './needed-permissions.ts'

/** What the operations of EC2 work on. */
export interface Ec2Needs {
  readonly network: Network
  readonly principals: PrincipalDirectory
  readonly random: Random
  /** What endpoints can be made for. */
  readonly offered: readonly EndpointServiceRow[]
  /** Whether doors can be opened at IPv6 addresses of a VPC. */
  readonly servesIpv6: boolean
  /** The Regions that are served, the first one first. */
  readonly regions: readonly string[]
}

/** An operation of EC2: what it asks permission for, and what it does. */
export interface Ec2Operation<Input extends { readonly DryRun?: boolean | undefined }, Output> {
  readonly name: string
  readonly readOnly: boolean
  readonly permissions: (
    input: Input,
    ask: PermissionBuilder,
    network: Network,
  ) => NeededPermissions | Promise<NeededPermissions>
  readonly run: (input: Input, needs: Ec2Needs, scope: RequestScope) => Promise<Outcome<Output>>
}

/** Declares an operation of EC2. A dry run ends where the work would begin: permitted, and nothing done. */
export function ec2Operation<Input extends { readonly DryRun?: boolean | undefined }, Output>(
  declared: Ec2Operation<Input, Output>,
): Operation<Ec2Needs> {
  return operation<Ec2Needs, Input, Output, readonly Check[]>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: input => auditValues(input),
    async resolve(input, scope, { network }) {
      const ask = permissionBuilder(declared.name, scope, network)
      const [first, ...rest] = await declared.permissions(input, ask, network)
      const seen = [first, ...rest].flatMap(needed => (needed.seen === undefined ? [] : [needed.seen]))
      return { checks: [first.check, ...rest.map(needed => needed.check)], subject: seen }
    },
    async run(input, seen, scope, needs) {
      if (input.DryRun === true)
        throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
      const outcome = await declared.run(input, needs, scope)
      const { commit } = outcome
      return commit === undefined
        ? outcome
        : { ...outcome, commit: { ...commit, checks: [...(commit.checks ?? []), ...seen] } }
    },
  })
}

/** The permission of an operation that only reads: EC2 gives it no resource. */
export const readPermission = (_input: unknown, ask: PermissionBuilder): readonly [NeededPermission] => [
  ask.onNothing(),
]

/** An EC2 request or answer as the trail keeps it: the same members with a small first letter. Nothing of EC2 is secret. */
export function auditValues(value: object): AuditValues {
  const values: Record<string, AuditValue> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) values[name.charAt(0).toLowerCase() + name.slice(1)] = auditValue(member)
  }
  return values
}

function auditValue(value: unknown): AuditValue {
  if (Array.isArray(value)) return value.map(auditValue)
  return typeof value === 'object' && value !== null ? auditValues(value) : (value as AuditValue)
}
