import { ServiceError, newResourceId } from '../../base/index.ts'
import { dhcpOptionsIdOf, dhcpOptionsSetCollection, hostZoneOf, setVpc, vpcCollection } from '../../network/index.ts'
import type { DhcpConfiguration, DhcpOptionsSetValue, Network, NetworkTag } from '../../network/index.ts'
import { check, put, remove } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { missingParameter, noDhcpOptions, noVpc } from './not-found.ts'
import { specifiedTags, tagShapes } from './tags.ts'

interface ShownOptions {
  readonly id: string
  readonly account: string
  readonly configurations: readonly DhcpConfiguration[]
  readonly tags: readonly NetworkTag[]
}

/** The options that AWS gives every account: its resolver, and the domain of the names that instances have. */
const standardConfigurations = (region: string): readonly DhcpConfiguration[] => [
  { key: 'domain-name', values: [hostZoneOf(region)] },
  { key: 'domain-name-servers', values: [ownServers] },
]

/** What a name server of a VPC must be here: its resolver. */
const ownServers = 'AmazonProvidedDNS'

/** A VPC that is given this set has no options. */
const noOptions = 'default'

async function listOptions(network: Network, scope: OwnScope): Promise<readonly ShownOptions[]> {
  const [{ value: standard }, sets] = await Promise.all([
    network.dhcpOptionsOf(scope),
    network.listDhcpOptionsSets(scope),
  ])
  const configurations = standardConfigurations(scope.region)
  return [
    { id: standard.dhcpOptionsId, account: standard.account, configurations, tags: standard.tags },
    ...sets.map(({ id, value: { account, configurations: own, tags } }) => ({
      id,
      account,
      configurations: own,
      tags,
    })),
  ]
}

function optionsShape({ id, account, configurations, tags }: ShownOptions): ec2.DhcpOptions {
  return {
    DhcpOptionsId: id,
    OwnerId: account,
    DhcpConfigurations: configurations.map(({ key: Key, values }) => ({
      Key,
      Values: values.map(Value => ({ Value })),
    })),
    Tags: tagShapes(tags),
  }
}

/** DescribeDhcpOptions: the set of the account, and those that were made. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeDhcpOptions.html */
export const describeDhcpOptions = ec2Operation<ec2.DescribeDhcpOptionsRequest, ec2.DescribeDhcpOptionsResult>({
  name: 'DescribeDhcpOptions',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = await listOptions(network, { account, region })
    const chosen = named(all, input.DhcpOptionsIds, options => options.id, noDhcpOptions)
    const kept = applyFilters(chosen, input.Filters, {
      'dhcp-options-id': options => [options.id],
      'owner-id': options => [options.account],
      key: options => options.configurations.map(({ key }) => key),
      value: options => options.configurations.flatMap(({ values }) => values),
    })
    const { shown, answer } = pageOf(kept, input, 'DescribeDhcpOptions')
    return { output: { DhcpOptions: shown.map(optionsShape), ...answer } }
  },
})

const addressForm = /^[0-9a-f.:]{2,45}$/i
const maxValues = 4

/** The options that there are, and what a value of each must look like. */
const knownOptions: Readonly<Record<string, RegExp>> = {
  'domain-name': /^[\w.\- ]{1,255}$/,
  // Others would not be asked: what is attached to a VPC asks the VPC's resolver.
  'domain-name-servers': new RegExp(`^${ownServers}$`),
  'ntp-servers': addressForm,
  'netbios-name-servers': addressForm,
  'netbios-node-type': /^[1248]$/,
  'ipv6-address-preferred-lease-time': /^\d{1,10}$/,
}

/** @throws {ServiceError} */
function readConfigurations(given: readonly ec2.NewDhcpConfiguration[]): readonly DhcpConfiguration[] {
  if (given.length === 0) throw missingParameter('dhcpConfiguration')
  const configurations = given.map(({ Key: key = '', Values: values = [] }) => {
    const form = Object.hasOwn(knownOptions, key) ? knownOptions[key]! : undefined
    if (form === undefined)
      throw new ServiceError(
        'InvalidParameterValue',
        `Value (${key}) for parameter name is invalid. Unknown DHCP option`,
      )
    const wrong = values.find(value => !form.test(value))
    if (wrong !== undefined && key === 'domain-name-servers')
      throw new ServiceError(
        'UnsupportedOperation',
        `The name server '${wrong}' is not supported: only ${ownServers} is`,
      )
    if (wrong !== undefined || values.length === 0 || values.length > maxValues) {
      throw new ServiceError(
        'InvalidParameterValue',
        `Value (${values.join(', ')}) for parameter value is invalid. Invalid DHCP option value for ${key}.`,
      )
    }
    return { key, values }
  })
  if (new Set(configurations.map(({ key }) => key)).size === configurations.length) return configurations
  throw new ServiceError('InvalidParameterValue', 'Duplicate DHCP option')
}

/** CreateDhcpOptions: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html */
export const createDhcpOptions = ec2Operation<ec2.CreateDhcpOptionsRequest, ec2.CreateDhcpOptionsResult>({
  name: 'CreateDhcpOptions',
  readOnly: false,
  permissions: async ({ TagSpecifications: specifications }, ask) => ask.toMake('dhcp-options', specifications),
  async run(input, { network, random }, { caller: { account }, region }) {
    const configurations = readConfigurations(input.DhcpConfigurations)
    if ((await network.listDhcpOptionsSets({ account, region })).length >= maxSets)
      throw new ServiceError('DhcpOptionsLimitExceeded', 'The maximum number of DHCP options has been reached.')
    const options: DhcpOptionsSetValue = {
      dhcpOptionsId: newResourceId('dopt', random),
      account,
      region,
      configurations,
      tags: specifiedTags(input.TagSpecifications, 'dhcp-options'),
    }
    const { dhcpOptionsId: id } = options
    return {
      output: { DhcpOptions: optionsShape({ ...options, id }) },
      commit: { writes: [put(dhcpOptionsSetCollection, id, options, 'absent')] },
    }
  },
})

/** AWS's quota. */
const maxSets = 100

/** AssociateDhcpOptions: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateDhcpOptions.html */
export const associateDhcpOptions = ec2Operation<ec2.AssociateDhcpOptionsRequest, undefined>({
  name: 'AssociateDhcpOptions',
  readOnly: false,
  permissions: async ({ DhcpOptionsId: id, VpcId: vpcId }, ask) => [
    await ask.on('dhcp-options', id),
    await ask.on('vpc', vpcId),
  ],
  async run({ DhcpOptionsId: id, VpcId: vpcId }, { network }, { caller: { account }, region }) {
    const scope = { account, region }
    const set = await network.findDhcpOptionsSet(id, scope)
    const isStandard = id === noOptions || (await network.dhcpOptionsOf(scope)).id === id
    if (set === undefined && !isStandard) throw noDhcpOptions(id)
    const vpc = await network.findVpc(vpcId, scope)
    if (vpc === undefined) throw noVpc(vpcId)
    return {
      output: undefined,
      commit: {
        writes: setVpc(vpc, { dhcpOptionsId: id }),
        checks: set === undefined ? [] : [check(dhcpOptionsSetCollection, set.id, set.version)],
      },
    }
  },
})

/** DeleteDhcpOptions: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteDhcpOptions.html */
export const deleteDhcpOptions = ec2Operation<ec2.DeleteDhcpOptionsRequest, undefined>({
  name: 'DeleteDhcpOptions',
  readOnly: false,
  permissions: async ({ DhcpOptionsId: id }, ask) => [await ask.on('dhcp-options', id)],
  async run({ DhcpOptionsId: id }, { network }, { caller: { account }, region }) {
    const scope = { account, region }
    const [set, vpcs] = await Promise.all([network.findDhcpOptionsSet(id, scope), network.listVpcs(scope)])
    const isStandard = (await network.dhcpOptionsOf(scope)).id === id
    if (set === undefined && !isStandard) throw noDhcpOptions(id)
    // New VPCs get the account's own: it stays.
    if (set === undefined || vpcs.some(vpc => dhcpOptionsIdOf(vpc.value) === id))
      throw new ServiceError('DependencyViolation', `The dhcpOptions '${id}' has dependencies and cannot be deleted.`)
    return {
      output: undefined,
      // No VPC may have been given the set meanwhile: that writes the VPC.
      commit: {
        writes: [remove(dhcpOptionsSetCollection, id, set.version)],
        checks: vpcs.map(vpc => check(vpcCollection, vpc.id, vpc.version)),
      },
    }
  },
})
