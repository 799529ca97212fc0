// Nobody without the right does anything: every operation of every service, asked by a user without a policy.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as cloudtrail from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import * as iam from '@aws-sdk/client-iam'
import * as kms from '@aws-sdk/client-kms'
import * as fc from 'fast-check'
import { cloudtrailService, ec2Service, iamService, kmsService } from '../../src/services/index.ts'
import { model as cloudtrailModel } from '../../src/wire/models/cloudtrail.ts'
import { model as ec2Model } from '../../src/wire/models/ec2.ts'
import { model as iamModel } from '../../src/wire/models/iam.ts'
import { model as kmsModel } from '../../src/wire/models/kms.ts'
import type { ServiceModel } from '../../src/wire/service-model.ts'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { arbitraryStructure, asSdkHas } from '../wire/arbitrary-shape.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const clients = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, clients.ec2)
const KeyId = (await clients.kms.send(new kms.CreateKeyCommand({}))).KeyMetadata!.Arn!
await clients.kms.send(new kms.CreateAliasCommand({ AliasName: 'alias/theirs', TargetKeyId: KeyId }))
const Plaintext = Buffer.from('x')
const { CiphertextBlob } = await clients.kms.send(new kms.EncryptCommand({ KeyId, Plaintext }))
await clients.iam.send(new iam.CreateGroupCommand({ GroupName: 'theirs' }))
const PolicyDocument = policyOf(allow('kms:ListKeys'))
const { Policy } = await clients.iam.send(new iam.CreatePolicyCommand({ PolicyName: 'theirs', PolicyDocument }))
const theirs = KeyId.replace(/:kms:.*/, `:iam::${KeyId.split(':')[4]}:root`)
const { GrantId } = await clients.kms.send(
  new kms.CreateGrantCommand({ KeyId, GranteePrincipal: theirs, Operations: ['Decrypt', 'RetireGrant'] }),
)
const nobody = postern.clients((await makeUser(clients.iam, 'nobody')).credentials)

/** Things that exist, by the names under which requests name them. */
const existing: Readonly<Record<string, unknown>> = {
  KeyId,
  GrantId,
  TargetKeyId: KeyId,
  DestinationKeyId: KeyId,
  CiphertextBlob,
  AliasName: 'alias/theirs',
  VpcId: network.vpcId,
  VpcEndpointId: network.endpointId,
  VpcEndpointIds: [network.endpointId],
  GroupId: network.groupId,
  SubnetId: network.subnetIds[0],
  UserName: 'nobody',
  GroupName: 'theirs',
  RoleName: 'Administrator',
  PolicyArn: Policy!.Arn,
  PermissionsBoundary: Policy!.Arn,
  PolicySourceArn: Policy!.Arn!.replace('policy/theirs', 'role/Administrator'),
  Resources: [network.vpcId],
}

type Client = { send(command: unknown): Promise<unknown> }
const services: readonly (readonly [Iterable<string>, ServiceModel, object, Client, RegExp])[] = [
  [kmsService.operations.keys(), kmsModel, kms, nobody.kms, /^AccessDeniedException$/],
  [cloudtrailService.operations.keys(), cloudtrailModel, cloudtrail, nobody.cloudtrail, /^AccessDeniedException$/],
  [ec2Service.operations.keys(), ec2Model, ec2, nobody.ec2, /^UnauthorizedOperation$/],
  [iamService.operations.keys(), iamModel, iam, nobody.iam, /^AccessDenied$/],
]

for (const [operations, model, sdk, client, refusal] of services) {
  for (const operation of operations) {
    test(`${model.service} ${operation} is refused to a user without a policy`, async () => {
      const { input: shape } = model.operations[operation]!
      const members = model.structures[shape]!
      const required = new Set(Object.keys(members).filter(name => members[name]!.required === true))
      const [sample = {}] = fc.sample(arbitraryStructure(model, shape), { seed: 20_261_124, numRuns: 1 })
      const input = Object.fromEntries(
        Object.entries(asSdkHas(model, shape, sample))
          .filter(([name]) => required.has(name))
          .map(([name, value]) => [name, existing[name] ?? value]),
      )
      // Which of these AWS wants is not said by the shape.
      if (operation.startsWith('GenerateDataKey')) input['KeySpec'] = 'AES_256'
      if (/^(?:Authorize|Revoke)/.test(operation)) input['GroupId'] = network.groupId
      if ('CiphertextBlob' in members) input['CiphertextBlob'] = CiphertextBlob
      if (operation === 'CreateGrant') input['GranteePrincipal'] = theirs
      if (operation === 'RetireGrant') Object.assign(input, { KeyId, GrantId })
      if (operation === 'ListRetirableGrants') input['RetiringPrincipal'] = theirs
      const Command = (sdk as Record<string, unknown>)[`${operation}Command`] as new (input: object) => unknown

      const error = await client.send(new Command(input)).then(
        () => assert.fail(`${operation} was done`),
        (cause: unknown) => cause as Error & { readonly Code?: string },
      )

      assert.match(error.Code ?? error.name, refusal, error.message)
    })
  }
}
