import { ServiceError } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import {
  checkRouteTable,
  firstCommonAddress,
  ipv4AssociationsOf,
  newAssociation,
  newIpv6Association,
  openDefaultGroup,
  setVpc,
} from '../../network/index.ts'
import type { BlockAssociation, Network, VpcValue } from '../../network/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireSecondaryBlock } from './cidr-checks.ts'
import { ec2Operation } from './ec2-operation.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { noVpc, noVpcAssociation } from './not-found.ts'
import { vpcBlockShape, vpcIpv6BlockShape } from './shapes.ts'
import { refuseUnserved } from './unserved.ts'

/** How many blocks of each kind a VPC can have: AWS's quota until more are asked for. */
const maxBlocks = 5

const unserved = {
  Ipv6Pool: undefined,
  Ipv6CidrBlock: undefined,
  Ipv4IpamPoolId: undefined,
  Ipv4NetmaskLength: undefined,
  Ipv6IpamPoolId: undefined,
  Ipv6NetmaskLength: undefined,
} as const

interface Ipv6Request {
  readonly AmazonProvidedIpv6CidrBlock?: boolean | undefined
  readonly Ipv6CidrBlockNetworkBorderGroup?: string | undefined
}

/** Whether a request asks for an IPv6 block; there is one border group, the Region's own. @throws {ServiceError} */
export function wantsIpv6(input: Ipv6Request, region: string): boolean {
  const wants = input.AmazonProvidedIpv6CidrBlock === true
  refuseUnserved(input, { Ipv6CidrBlockNetworkBorderGroup: wants ? region : undefined })
  return wants
}

/** AssociateVpcCidrBlock: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateVpcCidrBlock.html */
export const associateVpcCidrBlock = ec2Operation<
  ec2.AssociateVpcCidrBlockRequest & { readonly DryRun?: boolean },
  ec2.AssociateVpcCidrBlockResult
>({
  name: 'AssociateVpcCidrBlock',
  readOnly: false,
  permissions: async ({ VpcId: id }, ask) => [await ask.on('vpc', id)],
  async run(input, { network, random }, { caller: { account }, region }) {
    refuseUnserved(input, unserved)
    const { CidrBlock: text } = input
    const isIpv6 = wantsIpv6(input, region)
    if (text !== undefined && isIpv6) {
      throw new ServiceError(
        'InvalidParameterCombination',
        'The parameter cidrBlock cannot be used with the parameter amazonProvidedIpv6CidrBlock',
      )
    }
    const vpc = await network.findVpc(input.VpcId, { account, region })
    if (vpc === undefined) throw noVpc(input.VpcId)
    const tables = await network.allRouteTablesOf(vpc)
    const destinations = tables.flatMap(table => table.routes).map(route => route.destination)
    const added = isIpv6 ? addIpv6(vpc.value, random) : addIpv4(text, vpc.value, destinations, random)
    const isFirst = isIpv6 && (vpc.value.ipv6Associations ?? []).length === 0
    const standard = (await network.securityGroupsOf(vpc.id)).filter(group => isFirst && group.value.name === 'default')
    return {
      output: added.output,
      commit: {
        writes: [
          ...setVpc(vpc, added.changed),
          ...standard.flatMap(group => openDefaultGroup(added.changed, group, random)),
        ],
        // No table has got a route meanwhile that the block takes in.
        checks: tables.map(checkRouteTable),
      },
    }
  },
})

interface Added {
  readonly output: ec2.AssociateVpcCidrBlockResult
  readonly changed: Partial<VpcValue>
}

function addIpv4(text: string | undefined, vpc: VpcValue, destinations: readonly string[], random: Random): Added {
  if (text === undefined) {
    throw new ServiceError('MissingParameter', 'Either cidrBlock or amazonProvidedIpv6CidrBlock should be provided.')
  }
  const { vpcId: VpcId, ipv4Associations = [] } = vpc
  const cidr = requireSecondaryBlock(text, vpc, destinations)
  requireRoom(vpc, ipv4AssociationsOf(vpc))
  const added = newAssociation(cidr, random)
  return {
    output: { VpcId, CidrBlockAssociation: vpcBlockShape(added, 'associating') },
    changed: { ipv4Associations: [...ipv4Associations, added] },
  }
}

function addIpv6(vpc: VpcValue, random: Random): Added {
  const { vpcId: VpcId, ipv6Associations = [] } = vpc
  requireRoom(vpc, ipv6Associations)
  const added = newIpv6Association(vpc, random)
  return {
    output: { VpcId, Ipv6CidrBlockAssociation: vpcIpv6BlockShape(added, vpc, 'associating') },
    changed: { ipv6Associations: [...ipv6Associations, added] },
  }
}

function requireRoom({ vpcId }: VpcValue, present: readonly BlockAssociation[]): void {
  if (present.length < maxBlocks) return
  throw new ServiceError(
    'CidrLimitExceeded',
    `This network '${vpcId}' has met its maximum number of allowed CIDRs: ${maxBlocks}`,
  )
}

async function findVpcOf(
  associationId: string,
  network: Network,
  scope: OwnScope,
): Promise<StoredRecord<VpcValue> | undefined> {
  const hasIt = ({ value }: StoredRecord<VpcValue>): boolean =>
    [...ipv4AssociationsOf(value), ...(value.ipv6Associations ?? [])].some(one => one.associationId === associationId)
  return (await network.listVpcs(scope)).find(hasIt)
}

/** DisassociateVpcCidrBlock: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateVpcCidrBlock.html */
export const disassociateVpcCidrBlock = ec2Operation<
  ec2.DisassociateVpcCidrBlockRequest & { readonly DryRun?: boolean },
  ec2.DisassociateVpcCidrBlockResult
>({
  name: 'DisassociateVpcCidrBlock',
  readOnly: false,
  async permissions({ AssociationId: id }, ask) {
    const vpc = await findVpcOf(id, ask.network, ask.own)
    return [await ask.on('vpc', vpc?.id ?? '*')]
  },
  async run({ AssociationId: id }, { network }, { caller: { account }, region }) {
    const vpc = await findVpcOf(id, network, { account, region })
    if (vpc === undefined) throw noVpcAssociation(id)
    const { vpcId: VpcId, ipv4Associations = [], ipv6Associations = [] } = vpc.value
    const [primary] = ipv4AssociationsOf(vpc.value)
    if (id === primary.associationId) {
      throw new ServiceError(
        'OperationNotPermitted',
        `The vpc CIDR block with association ID ${id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
      )
    }
    const isIt = (one: BlockAssociation): boolean => one.associationId === id
    const removed = [...ipv4Associations, ...ipv6Associations].find(isIt)!
    await requireNoSubnet(removed, VpcId, network)
    const output = ipv4Associations.some(isIt)
      ? { VpcId, CidrBlockAssociation: vpcBlockShape(removed, 'disassociating') }
      : { VpcId, Ipv6CidrBlockAssociation: vpcIpv6BlockShape(removed, vpc.value, 'disassociating') }
    // A new subnet or a subnet's new block writes the VPC too: of two such requests at once, one starts over.
    const changed = {
      ...(ipv4Associations.length === 0 ? {} : { ipv4Associations: ipv4Associations.filter(one => !isIt(one)) }),
      ...(ipv6Associations.length === 0 ? {} : { ipv6Associations: ipv6Associations.filter(one => !isIt(one)) }),
    }
    return { output, commit: { writes: setVpc(vpc, changed) } }
  },
})

async function requireNoSubnet({ cidr }: BlockAssociation, vpcId: string, network: Network): Promise<void> {
  const subnets = await network.subnetsOf(vpcId)
  const isUsed = subnets.some(({ value }) =>
    [value.cidr, value.ipv6Association?.cidr].some(
      inside => inside !== undefined && firstCommonAddress(inside, cidr) !== undefined,
    ),
  )
  if (isUsed) {
    throw new ServiceError(
      'InvalidCidrBlock.InUse',
      `The vpc ${vpcId} currently has a subnet within CIDR block ${cidr}`,
    )
  }
}
