// The AWS CLI, unmodified, led by the variables of `postern env`.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { startPostern } from '../start-postern.ts'
import type { Finished } from '../start-postern.ts'

if (spawnSync('aws', ['--version']).status !== 0) {
  throw new Error('These tests drive the AWS CLI, which is not installed here: "apt-get install awscli" brings it')
}

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())

/** Runs a line of shell with what `postern env WORDS` printed. */
async function shell(line: string, ...words: readonly string[]): Promise<Finished> {
  const { out } = await postern.postern('env', ...words)
  return postern.run('sh', ['-c', `${out}\n${line}`], { AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' })
}

/** The output of a line that must succeed, without the line end. */
async function output(line: string, ...words: readonly string[]): Promise<string> {
  const { status, out, error } = await shell(line, ...words)
  assert.equal(status, 0, error)
  return out.trim()
}

const makeEndpoint = [
  'set -e',
  'text() { aws ec2 "$@" --output text; }',
  'vpc=$(text create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId)',
  'a=$(text create-subnet --vpc-id $vpc --cidr-block 10.0.1.0/24 --availability-zone us-west-2a --query Subnet.SubnetId)',
  'b=$(text create-subnet --vpc-id $vpc --cidr-block 10.0.2.0/24 --availability-zone us-west-2b --query Subnet.SubnetId)',
  'aws ec2 modify-vpc-attribute --vpc-id $vpc --enable-dns-support \'{"Value":true}\'',
  'aws ec2 modify-vpc-attribute --vpc-id $vpc --enable-dns-hostnames \'{"Value":true}\'',
  'group=$(text create-security-group --group-name kms --description kms --vpc-id $vpc --query GroupId)',
  'text authorize-security-group-ingress --group-id $group --protocol tcp --port 443 --cidr 10.0.0.0/16 > /dev/null',
  'text create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id $vpc --service-name com.amazonaws.us-west-2.kms --subnet-ids $a $b --security-group-ids $group --private-dns-enabled --query VpcEndpoint.VpcEndpointId',
].join('\n')
const endpoint = await output(makeEndpoint)

test('postern env prints one export a line, each with its pinned name and a quoted value', async () => {
  const { out } = await postern.postern('env')

  const names = out
    .trimEnd()
    .split('\n')
    .map(line => /^export ([A-Z_0-9]+)='[^']*'$/.exec(line)?.[1])

  assert.deepEqual(names, [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'POSTERN_API_URL',
    'AWS_ENDPOINT_URL_KMS',
    'AWS_ENDPOINT_URL_EC2',
    'AWS_ENDPOINT_URL_IAM',
    'AWS_ENDPOINT_URL_STS',
    'AWS_ENDPOINT_URL_CLOUDTRAIL',
    'AWS_ENDPOINT_URL_CLOUDFORMATION',
    'AWS_CA_BUNDLE',
    'NODE_EXTRA_CA_CERTS',
  ])
})

test('the AWS CLI makes a key and an alias, encrypts and decrypts through the endpoint', async () => {
  const text = await output(
    [
      'set -e',
      'key=$(aws kms create-key --description "by the CLI" --tags TagKey=team,TagValue=a --query KeyMetadata.KeyId --output text)',
      'aws kms create-alias --alias-name alias/cli --target-key-id $key',
      // A file means the same to version 1 and version 2 of the AWS CLI.
      'printf secret > "$DIRECTORY/plain"',
      'cipher=$(aws kms encrypt --key-id alias/cli --plaintext "fileb://$DIRECTORY/plain" --encryption-context a=b --query CiphertextBlob --output text)',
      'echo $cipher | base64 -d > "$DIRECTORY/blob"',
      'aws kms decrypt --ciphertext-blob "fileb://$DIRECTORY/blob" --encryption-context a=b --query Plaintext --output text | base64 -d',
    ]
      .join('\n')
      .replaceAll('$DIRECTORY', postern.folder),
    '--endpoint',
    endpoint,
  )

  assert.equal(text, 'secret')
})

test('the endpoint policy is read with the query that AWS documents', async () => {
  const policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:List*","Resource":"*"}]}'
  const query = `VpcEndpoints[?VpcEndpointId==\`${endpoint}\`].[PolicyDocument]`

  await output(`aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint} --policy-document '${policy}'`)
  const read = await output(`aws ec2 describe-vpc-endpoints --query '${query}' --output text`)
  const refused = await shell('aws kms create-key', '--endpoint', endpoint)

  assert.equal(read, policy)
  assert.notEqual(refused.status, 0)
  assert.match(
    refused.error,
    /An error occurred \(AccessDeniedException\) when calling the CreateKey operation: .* because no VPC endpoint policy allows the kms:CreateKey action/,
  )
  await output(`aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint} --reset-policy`)
})

test('a second user, its policy and access key are made with the AWS CLI, and used', async () => {
  const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}'
  const line = [
    'set -e',
    'aws iam create-user --user-name alice > /dev/null',
    `aws iam put-user-policy --user-name alice --policy-name list --policy-document '${policy}'`,
    'set -- $(aws iam create-access-key --user-name alice --query "AccessKey.[AccessKeyId,SecretAccessKey]" --output text)',
    'unset AWS_SESSION_TOKEN',
    'export AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2',
    'aws sts get-caller-identity --query Arn --output text',
    'aws kms list-keys > /dev/null',
    '! aws kms create-key 2>&1',
  ].join('\n')

  const out = await output(line)

  assert.match(out, /^arn:aws:iam::\d{12}:user\/alice/)
  assert.match(out, /no identity-based policy allows the kms:CreateKey action/)
})

test('aws cloudtrail lookup-events shows a call with its vpcEndpointId', async () => {
  await output('aws kms list-keys', '--endpoint', endpoint)
  const look = 'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=ListKeys'

  const events = await output(`${look} --query "Events[].CloudTrailEvent" --output text`)

  assert.ok(events.includes(`"vpcEndpointId":"${endpoint}"`))
})

test('the AWS CLI trusts the server by its own authority only', async () => {
  const { status, error } = await shell('unset AWS_CA_BUNDLE; aws kms list-keys', '--endpoint', endpoint)

  assert.notEqual(status, 0)
  assert.match(error, /certificate verify failed/i)
})

test('the AWS CLI makes, uses, lists and retires a grant', async () => {
  const text = await output(
    [
      'set -e',
      'kms() { aws kms "$@" --output text; }',
      'arn=$(aws sts get-caller-identity --query Account --output text)',
      'root=arn:aws:iam::$arn:root',
      'key=$(kms create-key --query KeyMetadata.KeyId)',
      'token=$(kms create-grant --key-id $key --grantee-principal $root --retiring-principal $root --operations GenerateDataKey Decrypt --constraints EncryptionContextSubset={Department=IT} --name cli --query GrantToken)',
      'kms generate-data-key --key-id $key --key-spec AES_256 --encryption-context Department=IT --grant-tokens $token --query KeyId > /dev/null',
      'kms list-grants --key-id $key --query "Grants[].[Name, Constraints.EncryptionContextSubset.Department]"',
      'kms list-retirable-grants --retiring-principal $root --query "length(Grants)"',
      'kms retire-grant --grant-token $token',
      'kms list-grants --key-id $key --query "length(Grants)"',
    ].join('\n'),
  )

  assert.deepEqual(text.split(/\s+/), ['cli', 'IT', '1', '0'])
})

test('the AWS CLI gives a VPC and a subnet IPv6 blocks, and waits for them', async () => {
  const shown = await output(
    [
      'set -e',
      'text() { aws ec2 "$@" --output text; }',
      'vpc=$(text create-vpc --cidr-block 10.20.0.0/16 --query Vpc.VpcId)',
      'text associate-vpc-cidr-block --vpc-id $vpc --amazon-provided-ipv6-cidr-block --query Ipv6CidrBlockAssociation.Ipv6CidrBlockState.State',
      'associated() { text describe-vpcs --vpc-ids $vpc --query "Vpcs[0].Ipv6CidrBlockAssociationSet[?Ipv6CidrBlockState.State==\'associated\'].Ipv6CidrBlock"; }',
      'block=$(associated); while [ -z "$block" ]; do sleep 1; block=$(associated); done',
      'part=${block%00::/56}01::/64',
      'subnet=$(text create-subnet --vpc-id $vpc --cidr-block 10.20.1.0/24 --query Subnet.SubnetId)',
      'aws ec2 wait subnet-available --subnet-ids $subnet',
      'text associate-subnet-cidr-block --subnet-id $subnet --ipv6-cidr-block $part --query Ipv6CidrBlockAssociation.Ipv6CidrBlockState.State',
      'text describe-subnets --subnet-ids $subnet --query "Subnets[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock==\'$part\'"',
    ].join('\n'),
  )

  assert.deepEqual(shown.split(/\s+/), ['associating', 'associating', 'True'])
})
