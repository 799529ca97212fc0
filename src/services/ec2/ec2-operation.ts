import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import type { EndpointServiceRow, Network } from '../../network/index.ts'
import type { Check, Commit } from '../../storage/index.ts'
import type { AuditResource } from '../../trail/index.ts'
import { operation } from '../operation.ts'
import type { Operation, Outcome, RequestScope } from '../operation.ts'
import { auditResource, findKindOfId } from './ec2-kinds.ts'
import type { Ec2Type } from './ec2-kinds.ts'
import { permissionBuilder } from './needed-permissions.ts'
import type { NeededPermission, NeededPermissions, PermissionBuilder } from './needed-permissions.ts'
import { answerForm, requestForm } from './trail-forms.ts'

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

/** What is known of a request's things before it runs. */
interface Ec2Subject {
  readonly seen: readonly Check[]
  readonly named: readonly AuditResource[]
  readonly makes: readonly Ec2Type[]
}

/** Declares an operation of EC2. A dry run ends where the work would begin: permitted, and nothing done. */
export function ec2Operation<Input extends { readonly DryRun?: boolean | undefined }, Output>(
  declared: Ec2Operation<Input, Output>,
): Operation<Ec2Needs> {
  return operation<Ec2Needs, Input, Output, Ec2Subject>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: input => requestForm(declared.name, input),
    async resolve(input, scope, { network }) {
      const ask = permissionBuilder(declared.name, scope, network)
      const needed = await declared.permissions(input, ask, network)
      const [first, ...rest] = needed
      const subject = {
        seen: needed.flatMap(({ seen }) => seen ?? []),
        named: namedBy(needed),
        makes: needed.flatMap(({ makes }) => makes ?? []),
      }
      return { checks: [first.check, ...rest.map(each => each.check)], subject, resources: subject.named }
    },
    async run(input, { seen, named, makes }, scope, needs) {
      if (input.DryRun === true)
        throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
      const outcome = await declared.run(input, needs, scope)
      if (declared.readOnly) return outcome
      const { output, commit } = outcome
      const responseElements = answerForm(declared.name, output as object | undefined, scope.requestId)
      if (commit === undefined) return { ...outcome, responseElements }
      const resources = [...madeBy(commit, makes, scope), ...named]
      const checks = [...(commit.checks ?? []), ...seen]
      return { ...outcome, responseElements, resources, commit: { ...commit, checks } }
    },
  })
}

/** The things that a request names, each once: CreateTags may ask for two permissions on one. */
function namedBy(needed: NeededPermissions): readonly AuditResource[] {
  const named = needed.flatMap(({ resource }) => resource ?? [])
  return [...new Map(named.map(resource => [resource.arn, resource])).values()]
}

/** The things that a commit makes. */
function madeBy(
  { writes }: Commit,
  types: readonly Ec2Type[],
  { caller: { account }, region }: RequestScope,
): readonly AuditResource[] {
  return writes.flatMap(write => {
    const type = write.kind === 'put' && write.expect === 'absent' ? findKindOfId(write.id)?.type : undefined
    return type !== undefined && types.includes(type) ? [auditResource(type, write.id, { account, region })] : []
  })
}

/** The permission of an operation that only reads: EC2 gives it no resource. */
export const readPermission = (_input: unknown, ask: PermissionBuilder): readonly [NeededPermission] => [
  ask.onNothing(),
]
