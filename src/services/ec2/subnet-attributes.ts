import { ServiceError } from '../../base/index.ts'
import { subnetCollection } from '../../network/index.ts'
import type { SubnetAttributes, SubnetValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation } from './ec2-operation.ts'
import { attributeKeys } from './needed-permissions.ts'
import { missingParameter, noSubnet } from './not-found.ts'
import { refuseUnserved } from './unserved.ts'

type Input = ec2.ModifySubnetAttributeRequest & { readonly DryRun?: boolean }

/** The attributes that a request sets, by AWS's names. */
function attributesOf(input: Input): readonly (readonly [name: string, value: string | boolean | undefined])[] {
  const { SubnetId: _id, DryRun: _dryRun, ...attributes } = input
  return Object.entries(attributes)
    .filter(([, attribute]) => attribute !== undefined)
    .map(([name, attribute]) => {
      if (typeof attribute === 'number') return [name, String(attribute)] as const
      return [name, typeof attribute === 'object' ? attribute.Value : attribute] as const
    })
}

/** ModifySubnetAttribute, one attribute a call: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html */
export const modifySubnetAttribute = ec2Operation<Input, undefined>({
  name: 'ModifySubnetAttribute',
  readOnly: false,
  permissions: async (input, ask) => [
    await ask.on('subnet', input.SubnetId, attributeKeys(Object.fromEntries(attributesOf(input)))),
  ],
  async run(input, { network }, { caller: { account }, region }) {
    const [given, ...more] = attributesOf(input)
    if (given === undefined) throw missingParameter('attribute')
    if (given[1] === undefined) throw missingParameter('value')
    if (more.length > 0) {
      const names = [given, ...more].map(([name]) => name.charAt(0).toLowerCase() + name.slice(1))
      throw new ServiceError(
        'InvalidParameterCombination',
        `Only one subnet attribute can be modified at a time. Provided attributes: [${names.join(', ')}]`,
      )
    }
    const subnet = await network.findSubnet(input.SubnetId, { account, region })
    if (subnet === undefined) throw noSubnet(input.SubnetId)
    const attributes = { ...subnet.value.attributes, ...changed(input, subnet.value) }
    const writes = [put(subnetCollection, subnet.id, { ...subnet.value, attributes }, subnet.version)]
    return { output: undefined, commit: { writes } }
  },
})

const hostnameTypes = ['ip-name', 'resource-name'] as const

/** What AWS allows only where the subnet has an IPv6 block, by its name in AWS's text. */
const needIpv6 = {
  AssignIpv6AddressOnCreation: 'assign-ipv6-address-on-creation',
  EnableDns64: 'enable-dns64',
  EnableResourceNameDnsAAAARecordOnLaunch: 'enable-resource-name-dns-aaaa-record-on-launch',
} as const

function changed(input: Input, subnet: SubnetValue): SubnetAttributes {
  for (const [name, text] of Object.entries(needIpv6)) {
    if (input[name as keyof typeof needIpv6]?.Value === true && subnet.ipv6Association === undefined) {
      throw new ServiceError(
        'InvalidParameterValue',
        `Invalid value 'true' for ${text}. Cannot set ${text} to true unless the subnet (${subnet.subnetId}) has an IPv6 CIDR block associated with it.`,
      )
    }
  }
  refuseAbsent(input)
  const values: { readonly [Name in keyof SubnetAttributes]: SubnetAttributes[Name] | undefined } = {
    mapPublicIp: input.MapPublicIpOnLaunch?.Value,
    assignIpv6Address: input.AssignIpv6AddressOnCreation?.Value,
    // The wire lets no other through.
    hostnameType: hostnameTypes.find(known => known === input.PrivateDnsHostnameTypeOnLaunch),
    resourceNameA: input.EnableResourceNameDnsARecordOnLaunch?.Value,
    resourceNameAaaa: input.EnableResourceNameDnsAAAARecordOnLaunch?.Value,
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/** The resolver makes up no IPv6 addresses (DNS64), and there are no Outposts. */
function refuseAbsent(input: Input): void {
  const { EnableDns64: dns64, MapCustomerOwnedIpOnLaunch: customerOwned, DisableLniAtDeviceIndex: lni } = input
  refuseUnserved(
    {
      EnableDns64: dns64?.Value,
      MapCustomerOwnedIpOnLaunch: customerOwned?.Value,
      DisableLniAtDeviceIndex: lni?.Value,
    },
    { EnableDns64: false, MapCustomerOwnedIpOnLaunch: false, DisableLniAtDeviceIndex: false },
  )
  refuseUnserved(input, { CustomerOwnedIpv4Pool: undefined, EnableLniAtDeviceIndex: undefined })
}
