// A private network by Terraform with the AWS provider, unmodified: apply, a plan without changes, what was made works, changes in place, destroy.
import assert from 'node:assert/strict'
import {
  DescribeInternetGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2'
import { DecryptCommand, DescribeKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { startPostern } from '../start-postern.ts'
import { openTerraform } from './terraform.ts'

await using postern = await startPostern()
const { succeeds, isUnchanged, output } = await openTerraform(postern, 'network.tf')
await succeeds('apply', '-input=false', '-auto-approve')
await isUnchanged()

const made = await output()
const { ec2, kms: admin } = postern.clients(await postern.administrator())
const user = { accessKeyId: made['access_key_id']!, secretAccessKey: made['secret_access_key']! }
const endpointId = made['endpoint_id']!
const throughEndpoint = async () => {
  const variables = await postern.environment('--endpoint', endpointId)
  return postern.clients(user, { kmsUrl: variables['AWS_ENDPOINT_URL_KMS']! }).kms
}
const KeyId = made['key_id']!
const encrypt = new EncryptCommand({ KeyId, Plaintext: Buffer.from('of the database') })
const describe = async () =>
  (await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }))).VpcEndpoints![0]!
const hasName = async (name: string): Promise<boolean> =>
  ((await describe()).DnsEntries ?? []).some(({ DnsName }) => DnsName === name)
const addresses = async (): Promise<readonly string[]> => {
  const NetworkInterfaceIds = (await describe()).NetworkInterfaceIds!
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }))
  return NetworkInterfaces!.map(one => one.PrivateIpAddress!).sort()
}

assert.equal(made['endpoint_as_read'], endpointId)
assert.ok(await hasName('kms.us-west-2.amazonaws.com'))
assert.equal((await describe()).NetworkInterfaceIds?.length, 2)
assert.deepEqual(await addresses(), ['10.20.0.100', '10.20.1.100'])
const inside = await throughEndpoint()
const refused = { name: 'AccessDeniedException' }
const { CiphertextBlob } = await inside.send(encrypt)
await assert.rejects(
  inside.send(new DecryptCommand({ CiphertextBlob })),
  refused,
  'the endpoint policy lets none decrypt',
)
await assert.rejects(postern.clients(user).kms.send(encrypt), refused, 'the key policy wants the endpoint')
process.stdout.write('ok  what Terraform made works, and gives no more than it says\n')

const changes = [
  '-var',
  'private_dns=false',
  '-var',
  'zones=1',
  '-var',
  'host=200',
  '-var',
  'actions=["kms:Decrypt","kms:DescribeKey"]',
]
await succeeds('apply', '-input=false', '-auto-approve', ...changes)
await isUnchanged(...changes)
const changed = await output()
assert.equal(changed['endpoint_id'], endpointId, 'the endpoint is changed in place')
assert.equal(await hasName('kms.us-west-2.amazonaws.com'), false)
assert.deepEqual([(await describe()).PrivateDnsEnabled, (await describe()).NetworkInterfaceIds?.length], [false, 1])
assert.deepEqual(await addresses(), ['10.20.0.200'], 'another address replaces the interface')
const { Plaintext } = await (await throughEndpoint()).send(new DecryptCommand({ CiphertextBlob }))
assert.equal(Buffer.from(Plaintext!).toString(), 'of the database')
await assert.rejects((await throughEndpoint()).send(encrypt), refused)
process.stdout.write('ok  what Terraform changed has changed\n')

await succeeds('destroy', '-auto-approve', ...changes)
assert.deepEqual((await ec2.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints, [])
assert.deepEqual((await ec2.send(new DescribeVpcsCommand({}))).Vpcs, [])
assert.deepEqual((await ec2.send(new DescribeSubnetsCommand({}))).Subnets, [])
assert.deepEqual((await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups, [])
assert.deepEqual((await ec2.send(new DescribeRouteTablesCommand({}))).RouteTables, [])
assert.deepEqual((await ec2.send(new DescribeInternetGatewaysCommand({}))).InternetGateways, [])
assert.deepEqual((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces, [])
assert.equal((await admin.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState, 'PendingDeletion')
process.stdout.write('ok  nothing of it is left but a key that waits for its deletion\n')
