import type { AuditValue, AuditValues } from '../../trail/index.ts'
import { ec2Model } from '../../wire/index.ts'
import type { MemberShape, StructureShape } from '../../wire/index.ts'

// CloudTrail has the requests of EC2 in two forms. Those of the first years are written with the names of EC2's old XML, and each
// list is a set of `items`. Later ones are kept as a whole under the name of the request, with the names of the query; an
// element of a list bears its number as its `tag`. Rules that watch security groups and endpoints read these forms.

/** The operations that have the later form: seen of endpoints and of rules that have ids, taken to be so of the others that came with them. */
const recordedWhole: ReadonlySet<string> = new Set([
  'CreateVpcEndpoint',
  'DeleteVpcEndpoints',
  'DescribeManagedPrefixLists',
  'DescribePrefixLists',
  'DescribeSecurityGroupRules',
  'DescribeVpcEndpointConnections',
  'DescribeVpcEndpointServices',
  'DescribeVpcEndpoints',
  'ModifySecurityGroupRules',
  'ModifyVpcEndpoint',
])

/** What the earlier form names in its own way in requests, and the elements of lists. These are there, empty, where a request has none. */
const sets: Readonly<Record<string, { readonly name: string; readonly of?: string }>> = {
  AttributeNames: { name: 'accountAttributeNameSet', of: 'attributeName' },
  DhcpConfigurations: { name: 'dhcpConfigurationSet' },
  DhcpOptionsIds: { name: 'dhcpOptionsSet', of: 'dhcpOptionsId' },
  Filters: { name: 'filterSet' },
  GroupIds: { name: 'securityGroupIdSet', of: 'groupId' },
  GroupNames: { name: 'securityGroupSet', of: 'groupName' },
  IcmpTypeCode: { name: 'icmpTypeCode' },
  InternetGatewayIds: { name: 'internetGatewayIdSet', of: 'internetGatewayId' },
  IpPermissions: { name: 'ipPermissions' },
  NetworkAclIds: { name: 'networkAclIdSet', of: 'networkAclId' },
  NetworkInterfaceIds: { name: 'networkInterfaceIdSet', of: 'networkInterfaceId' },
  PortRange: { name: 'portRange' },
  Protocol: { name: 'aclProtocol' },
  RegionNames: { name: 'regionSet', of: 'regionName' },
  Resources: { name: 'resourcesSet', of: 'resourceId' },
  RouteTableIds: { name: 'routeTableIdSet', of: 'routeTableId' },
  SubnetIds: { name: 'subnetSet', of: 'subnetId' },
  Tags: { name: 'tagSet' },
  Values: { name: 'valueSet', of: 'value' },
  VpcIds: { name: 'vpcSet', of: 'vpcId' },
  ZoneNames: { name: 'availabilityZoneSet', of: 'zoneName' },
}

/** A request as the trail keeps it. Nothing of EC2 is secret. */
export function requestForm(operation: string, input: object): AuditValues {
  const shape = structure(ec2Model.operations[operation]?.input)
  return recordedWhole.has(operation)
    ? { [`${operation}Request`]: queryForm(input, shape) }
    : xmlForm(input, shape, { isRequest: true })
}

/** The answer to a change as the trail keeps it. One that says nothing says that it was done. */
export function answerForm(operation: string, output: object | undefined, requestId: string): AuditValues {
  const { output: name } = ec2Model.operations[operation] ?? {}
  const said = output === undefined || name === undefined ? undefined : { output, shape: structure(name) }
  if (!recordedWhole.has(operation)) {
    const values = said === undefined ? { _return: true } : xmlForm(said.output, said.shape, { isRequest: false })
    return { requestId, ...values }
  }
  const values = said === undefined ? { return: true } : answerText(said.output, said.shape)
  return { [`${operation}Response`]: { xmlns: `${ec2Model.xmlNamespace}/`, requestId, ...values } }
}

const structure = (name = ''): StructureShape => ec2Model.structures[name] ?? {}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** The members of a value that its shape has, each with a value or `undefined`. */
function membersOf(value: object, shape: StructureShape): readonly (readonly [string, MemberShape, unknown])[] {
  const values = value as Readonly<Record<string, unknown>>
  return Object.entries(shape).map(([name, member]) => [name, member, values[name]] as const)
}

interface XmlFormOptions {
  /** Requests have all their sets, empty ones too. */
  readonly isRequest: boolean
}

/** The earlier form. */
function xmlForm(value: object, shape: StructureShape, options: XmlFormOptions): AuditValues {
  return Object.fromEntries(
    membersOf(value, shape).map(([name, member, given]) => {
      const set = options.isRequest ? sets[name] : undefined
      const spelled = set?.name ?? xmlNameOf(name, member)
      if (given !== undefined) return [spelled, xmlValue(given, member, options, set?.of)]
      const isShown = set !== undefined || (options.isRequest && member.type === 'list' && isOfPermission(shape))
      return [spelled, isShown ? {} : undefined]
    }),
  )
}

/** A rule that is spelled out has all its kinds of peer. */
const isOfPermission = (shape: StructureShape): boolean => shape === structure('IpPermission')

function xmlNameOf(name: string, { xmlName = name }: MemberShape): string {
  if (name === 'TagSpecifications') return 'tagSpecificationSet'
  return xmlName === 'return' ? '_return' : lowered(xmlName)
}

function xmlValue(given: unknown, member: MemberShape, options: XmlFormOptions, element?: string): AuditValue {
  if (member.type === 'structure') return xmlForm(given as object, structure(member.shape), options)
  if (member.type !== 'list') return scalar(given, member)
  const of = member.of!
  const items = (given as readonly unknown[]).map((each): AuditValue => {
    if (of.shape === 'TagSpecification') return tagSpecification(each as object)
    const value = xmlValue(each, of, options)
    return element === undefined ? value : { [element]: value }
  })
  return items.length === 0 ? {} : { items }
}

/** The one list that is no set. */
function tagSpecification(value: object): AuditValues {
  const { ResourceType, Tags = [] } = value as {
    readonly ResourceType?: string
    readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[]
  }
  return { resourceType: ResourceType, tags: Tags.map(({ Key, Value }) => ({ key: Key, value: Value })) }
}

/** The later form of requests. */
function queryForm(value: object, shape: StructureShape): AuditValues {
  return Object.fromEntries(
    membersOf(value, shape).map(([name, member, given]) => [
      member.queryName ?? name,
      given === undefined ? undefined : queryValue(given, member),
    ]),
  )
}

function queryValue(given: unknown, member: MemberShape): AuditValue | undefined {
  if (member.type === 'structure') return queryForm(given as object, structure(member.shape))
  if (member.type !== 'list') return scalar(given, member)
  const of = member.of!
  const elements = (given as readonly unknown[]).map((each, index): AuditValues => {
    const tag = index + 1
    return of.type === 'structure'
      ? { tag, ...queryForm(each as object, structure(of.shape)) }
      : { tag, content: scalar(each, of) }
  })
  return elements.length > 1 ? elements : elements[0]
}

/** The later form of answers: what their XML says, where an empty list is an empty element. */
function answerText(value: object, shape: StructureShape): AuditValues {
  return Object.fromEntries(
    membersOf(value, shape).map(([name, member, given]) => [
      member.xmlName ?? name,
      given === undefined ? undefined : answerValue(given, member),
    ]),
  )
}

function answerValue(given: unknown, member: MemberShape): AuditValue {
  if (member.type === 'structure') return answerText(given as object, structure(member.shape))
  if (member.type !== 'list') return scalar(given, member)
  const items = (given as readonly unknown[]).map(each => answerValue(each, member.of!))
  if (items.length === 0) return ''
  return { item: items.length > 1 ? items : items[0]! }
}

function scalar(given: unknown, { type }: MemberShape): AuditValue {
  return type === 'timestamp' ? new Date(given as number).toISOString() : (given as AuditValue)
}
