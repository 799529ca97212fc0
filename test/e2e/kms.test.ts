// The KMS operations, their answers and their errors, by the AWS SDK.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput, KeyMetadata } from '@aws-sdk/client-kms'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms } = postern.clients(administrator)
const otherAccount = '444455556666'
const foreign = await postern.otherAccount(otherAccount)

const newKey = async (input: CreateKeyCommandInput = {}): Promise<KeyMetadata> =>
  (await kms.send(new CreateKeyCommand(input))).KeyMetadata!
const key = await newKey()
const KeyId = key.KeyId!
const account = key.AWSAccountId!
const Plaintext = Buffer.from('a secret')
const EncryptionContext = { purpose: 'test', order: '4711' }
const missing = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arnOf = (id: string): string => `arn:aws:kms:us-west-2:${account}:key/${id}`
const notFound = (what: string): string => `Key '${what}' does not exist`

async function blobOf(context?: Record<string, string>): Promise<Buffer> {
  const input = { KeyId, Plaintext, ...(context && { EncryptionContext: context }) }
  return Buffer.from((await kms.send(new EncryptCommand(input))).CiphertextBlob!)
}

const opens = (CiphertextBlob: Uint8Array, context?: Record<string, string>): Promise<unknown> =>
  kms.send(new DecryptCommand({ CiphertextBlob, ...(context && { EncryptionContext: context }) }))

test('CreateKey answers with the metadata of an enabled symmetric key', () => {
  const { Arn, CreationDate, KeyId: id, AWSAccountId, ...rest } = key

  assert.equal(Arn, `arn:aws:kms:us-west-2:${AWSAccountId}:key/${id}`)
  assert.ok(Math.abs(CreationDate!.getTime() - Date.now()) < 60_000)
  assert.deepEqual(rest, {
    CurrentKeyMaterialId: key.CurrentKeyMaterialId,
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    Description: '',
    Enabled: true,
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyState: 'Enabled',
    KeyUsage: 'ENCRYPT_DECRYPT',
    MultiRegion: false,
    Origin: 'AWS_KMS',
  })
})

test('CreateKey takes CustomerMasterKeySpec, as Terraform sends it, description and tags', async () => {
  const made = await newKey({
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    Description: 'made by Terraform',
    Tags: [{ TagKey: 'a', TagValue: '1' }],
  })

  const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId: made.KeyId }))
  assert.equal(made.Description, 'made by Terraform')
  assert.deepEqual(Tags, [{ TagKey: 'a', TagValue: '1' }])
})

for (const reference of ['id', 'ARN', 'alias', 'alias ARN'] as const) {
  test(`Encrypt and DescribeKey take a key's ${reference}`, async () => {
    const made = await newKey()
    const AliasName = `alias/by-${reference.replace(' ', '-')}`
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: made.KeyId }))
    const given = {
      id: made.KeyId!,
      ARN: made.Arn!,
      alias: AliasName,
      'alias ARN': `arn:aws:kms:us-west-2:${account}:${AliasName}`,
    }[reference]

    const described = await kms.send(new DescribeKeyCommand({ KeyId: given }))
    const encrypted = await kms.send(new EncryptCommand({ KeyId: given, Plaintext }))

    assert.equal(described.KeyMetadata!.Arn, made.Arn)
    assert.equal(encrypted.KeyId, made.Arn)
  })
}

test('what Encrypt made, Decrypt opens, with and without the key named', async () => {
  const blob = await blobOf(EncryptionContext)

  const named = await kms.send(new DecryptCommand({ KeyId, CiphertextBlob: blob, EncryptionContext }))
  const found = await kms.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext }))

  for (const answer of [named, found]) {
    assert.deepEqual(Buffer.from(answer.Plaintext!), Plaintext)
    assert.equal(answer.KeyId, key.Arn)
    assert.equal(answer.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
  }
})

test('[F51] the encryption context decrypts in another order, and in no other form', async () => {
  const blob = await blobOf({ a: 'b,c=d', e: 'f' })

  await opens(blob, { e: 'f', a: 'b,c=d' })

  for (const other of [
    undefined,
    {},
    { a: 'b,c=d' },
    { a: 'b', c: 'd', e: 'f' },
    { A: 'b,c=d', e: 'f' },
    { a: 'f', e: 'b,c=d' },
  ]) {
    await refused(opens(blob, other), 'InvalidCiphertextException')
  }
})

test('[F50] every altered byte of a blob, and every part of it, is refused with one error', async () => {
  const blob = await blobOf()
  // Bytes 1 to 17 name the key: with one of them altered it is a blob of a key that does not exist.
  const [keyStart, keyEnd] = [1, 18]
  const altered = (index: number): Buffer => {
    const copy = Buffer.from(blob)
    copy[index]! ^= 0x01
    return copy
  }
  const cut = Array.from({ length: blob.length - 1 }, (_, length) => blob.subarray(0, length + 1))
  const longer = [Buffer.concat([blob, Buffer.from([0])]), Buffer.concat([blob, blob]), Buffer.alloc(6_144, 9)]

  for (const index of blob.keys()) {
    const namesAnother = index >= keyStart && index < keyEnd
    await refused(opens(altered(index)), namesAnother ? 'AccessDeniedException' : 'InvalidCiphertextException')
  }
  for (const bytes of [...cut, ...longer]) await refused(opens(bytes), 'InvalidCiphertextException')
  await refused(
    opens(Buffer.alloc(6_145, 1)),
    'ValidationException',
    'Member must have length less than or equal to 6144',
  )
})

test('[F50] a blob of another key is refused with IncorrectKeyException where the key is named', async () => {
  const other = await newKey()
  const blob = await blobOf()

  const call = kms.send(new DecryptCommand({ CiphertextBlob: blob, KeyId: other.Arn! }))

  await refused(
    call,
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  )
})

test("[C36] [F50] another account's key, alias or blob looks the same whether it exists or not", async () => {
  const blob = await blobOf()
  const deny = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'an answer',
      (error: unknown) => {
        const { name, message } = error as Error
        return `${name}: ${message.replaceAll(/[0-9a-f-]{36}/g, 'ID')}`
      },
    )

  const existing = await deny(foreign.kms.send(new DescribeKeyCommand({ KeyId: key.Arn! })))
  const absent = await deny(foreign.kms.send(new DescribeKeyCommand({ KeyId: arnOf(missing) })))

  assert.equal(existing, absent)
  assert.match(existing, /^AccessDeniedException/)
  assert.match(await deny(foreign.kms.send(new DecryptCommand({ CiphertextBlob: blob }))), /^AccessDeniedException/)
})

test('ReEncrypt changes the key and the context, and leaves the plaintext as it was', async () => {
  const other = await newKey()

  const answer = await kms.send(
    new ReEncryptCommand({
      CiphertextBlob: await blobOf(EncryptionContext),
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId: other.Arn!,
      DestinationEncryptionContext: { new: 'one' },
    }),
  )

  const opened = await kms.send(
    new DecryptCommand({ CiphertextBlob: answer.CiphertextBlob, EncryptionContext: { new: 'one' } }),
  )
  assert.equal(answer.SourceKeyId, key.Arn)
  assert.equal(answer.KeyId, other.Arn)
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
  assert.equal(opened.KeyId, other.Arn)
})

for (const [size, input] of Object.entries({
  32: { KeySpec: 'AES_256' },
  16: { KeySpec: 'AES_128' },
  64: { NumberOfBytes: 64 },
  1024: { NumberOfBytes: 1_024 },
} as const)) {
  test(`GenerateDataKey gives ${size} bytes, and a blob that opens to them`, async () => {
    const data = await kms.send(new GenerateDataKeyCommand({ KeyId, ...input, EncryptionContext }))

    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: data.CiphertextBlob, EncryptionContext }))
    assert.equal(data.Plaintext!.length, Number(size))
    assert.deepEqual(opened.Plaintext, data.Plaintext)
  })
}

test('GenerateDataKeyWithoutPlaintext gives only the blob', async () => {
  const data = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256' }))

  const opened = await kms.send(new DecryptCommand({ CiphertextBlob: data.CiphertextBlob }))
  assert.ok(!('Plaintext' in data))
  assert.equal(opened.Plaintext!.length, 32)
})

test('GenerateDataKey needs one of KeySpec and NumberOfBytes', async () => {
  await refused(kms.send(new GenerateDataKeyCommand({ KeyId })), 'ValidationException')
  await refused(
    kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', NumberOfBytes: 32 })),
    'ValidationException',
  )
  await refused(kms.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 1_025 })), 'ValidationException')
})

test('GenerateRandom gives as many bytes as asked for, and never the same', async () => {
  const [one, two] = await Promise.all([1, 2].map(() => kms.send(new GenerateRandomCommand({ NumberOfBytes: 1_024 }))))

  assert.equal(one!.Plaintext!.length, 1_024)
  assert.notDeepEqual(one!.Plaintext, two!.Plaintext)
  await refused(kms.send(new GenerateRandomCommand({ NumberOfBytes: 1_025 })), 'ValidationException')
})

test('Encrypt takes 4,096 bytes and not one more', async () => {
  const most = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4_096, 7) }))

  assert.ok(most.CiphertextBlob!.length <= 6_144)
  await refused(
    kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4_097) })),
    'ValidationException',
    'Member must have length less than or equal to 4096',
  )
  await refused(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(0) })), 'ValidationException')
})

test('DryRun of a call that would succeed says so, and changes nothing', async () => {
  const text = 'The request would have succeeded, but the DryRun option is set.'

  await refused(kms.send(new EncryptCommand({ KeyId, Plaintext, DryRun: true })), 'DryRunOperationException', text)
  await refused(
    kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', DryRun: true })),
    'DryRunOperationException',
    text,
  )
  await refused(
    kms.send(new DecryptCommand({ CiphertextBlob: await blobOf(), DryRun: true })),
    'DryRunOperationException',
    text,
  )
})

test('an alias is made once, moved, listed and removed', async () => {
  const [one, two] = [await newKey(), await newKey()]
  const AliasName = 'alias/moving'
  const targets = async (id: string): Promise<readonly (string | undefined)[]> =>
    (await kms.send(new ListAliasesCommand({ KeyId: id }))).Aliases!.map(alias => alias.AliasName)

  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: one.KeyId }))
  await refused(
    kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: two.KeyId })),
    'AlreadyExistsException',
    `An alias with the name arn:aws:kms:us-west-2:${account}:${AliasName} already exists`,
  )
  await kms.send(new UpdateAliasCommand({ AliasName, TargetKeyId: two.KeyId }))

  assert.deepEqual(await targets(one.KeyId!), [])
  assert.deepEqual(await targets(two.KeyId!), [AliasName])
  await kms.send(new DeleteAliasCommand({ AliasName }))
  await refused(
    kms.send(new DeleteAliasCommand({ AliasName })),
    'NotFoundException',
    `Alias arn:aws:kms:us-west-2:${account}:${AliasName} is not found.`,
  )
})

for (const [name, code] of Object.entries({
  'alias/aws/mine': 'NotAuthorizedException',
  'no-prefix': 'InvalidAliasNameException',
  'alias/with blank': 'ValidationException',
})) {
  test(`an alias named "${name}" is refused`, async () => {
    const call = kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: KeyId }))

    await assert.rejects(call, (error: Error) => {
      assert.ok([code, 'ValidationException', 'InvalidAliasNameException'].includes(error.name), error.name)
      return true
    })
  })
}

test('ids, ARNs and aliases that do not exist are not found, in the words of AWS', async () => {
  for (const call of [
    kms.send(new DescribeKeyCommand({ KeyId: missing })),
    kms.send(new EnableKeyCommand({ KeyId: missing })),
    kms.send(new GetKeyRotationStatusCommand({ KeyId: missing })),
    kms.send(new EncryptCommand({ KeyId: missing, Plaintext })),
  ]) {
    await refused(call, 'NotFoundException', notFound(arnOf(missing)))
  }
  await refused(
    kms.send(new EncryptCommand({ KeyId: 'alias/missing', Plaintext })),
    'NotFoundException',
    `Alias arn:aws:kms:us-west-2:${account}:alias/missing is not found.`,
  )
  await refused(kms.send(new DescribeKeyCommand({ KeyId: 'no such key' })), 'NotFoundException')
})

test('a disabled key does no cryptography until it is enabled', async () => {
  const made = await newKey()

  await kms.send(new DisableKeyCommand({ KeyId: made.KeyId }))

  const call = kms.send(new EncryptCommand({ KeyId: made.KeyId, Plaintext }))
  await refused(call, 'DisabledException', `${made.Arn} is disabled.`)
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: made.KeyId }))
  assert.equal(KeyMetadata!.KeyState, 'Disabled')
  await kms.send(new EnableKeyCommand({ KeyId: made.KeyId }))
  await kms.send(new EncryptCommand({ KeyId: made.KeyId, Plaintext }))
})

test('a key that waits for its deletion does nothing until that is cancelled, and is then disabled', async () => {
  const made = await newKey()

  const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId: made.KeyId, PendingWindowInDays: 7 }))

  assert.equal(scheduled.KeyState, 'PendingDeletion')
  assert.ok(Math.abs(scheduled.DeletionDate!.getTime() - Date.now() - 7 * 86_400_000) < 60_000)
  await refused(
    kms.send(new EncryptCommand({ KeyId: made.KeyId, Plaintext })),
    'KMSInvalidStateException',
    `${made.Arn} is pending deletion.`,
  )
  await kms.send(new CancelKeyDeletionCommand({ KeyId: made.KeyId }))
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: made.KeyId }))
  assert.equal(KeyMetadata!.KeyState, 'Disabled')
})

for (const PendingWindowInDays of [6, 31, 0]) {
  test(`ScheduleKeyDeletion with a window of ${PendingWindowInDays} days is refused`, () =>
    refused(kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays })), 'ValidationException'))
}

test('rotation is off, can be turned on with a period, and off again', async () => {
  const made = await newKey()
  const status = () => kms.send(new GetKeyRotationStatusCommand({ KeyId: made.KeyId }))

  const before = await status()
  await kms.send(new EnableKeyRotationCommand({ KeyId: made.KeyId, RotationPeriodInDays: 90 }))
  const on = await status()
  await kms.send(new DisableKeyRotationCommand({ KeyId: made.KeyId }))
  const off = await status()

  assert.equal(before.KeyRotationEnabled, false)
  assert.equal(on.KeyRotationEnabled, true)
  assert.equal(on.RotationPeriodInDays, 90)
  assert.ok(Math.abs(on.NextRotationDate!.getTime() - Date.now() - 90 * 86_400_000) < 86_400_000)
  assert.equal(off.KeyRotationEnabled, false)
  await refused(
    kms.send(new EnableKeyRotationCommand({ KeyId: made.KeyId, RotationPeriodInDays: 89 })),
    'ValidationException',
  )
})

test('tags are added, replaced, listed and removed; reserved and repeated ones are refused', async () => {
  const made = await newKey()
  const tag = (...Tags: { TagKey: string; TagValue: string }[]) =>
    kms.send(new TagResourceCommand({ KeyId: made.KeyId, Tags }))

  await tag({ TagKey: 'a', TagValue: '1' }, { TagKey: 'b', TagValue: '' })
  await tag({ TagKey: 'a', TagValue: '2' })
  await kms.send(new UntagResourceCommand({ KeyId: made.KeyId, TagKeys: ['b'] }))

  const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId: made.KeyId }))
  assert.deepEqual(Tags, [{ TagKey: 'a', TagValue: '2' }])
  await refused(tag({ TagKey: 'aws:mine', TagValue: '' }), 'TagException')
  await refused(tag({ TagKey: 'x', TagValue: '' }, { TagKey: 'x', TagValue: '1' }), 'TagException')
})

test('a key policy is read back byte for byte, and is the only one of its key', async () => {
  const made = await newKey()
  const statement = { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' }
  const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'mine', Statement: [statement] }, null, 3)

  await kms.send(new PutKeyPolicyCommand({ KeyId: made.KeyId, PolicyName: 'default', Policy }))

  const read = await kms.send(new GetKeyPolicyCommand({ KeyId: made.KeyId, PolicyName: 'default' }))
  const { PolicyNames } = await kms.send(new ListKeyPoliciesCommand({ KeyId: made.KeyId }))
  assert.equal(read.Policy, Policy)
  assert.deepEqual(PolicyNames, ['default'])
})

test('UpdateKeyDescription changes the description, up to 8,192 characters', async () => {
  const made = await newKey()

  await kms.send(new UpdateKeyDescriptionCommand({ KeyId: made.KeyId, Description: 'é'.repeat(8_192) }))

  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: made.KeyId }))
  assert.equal(KeyMetadata!.Description!.length, 8_192)
  await refused(
    kms.send(new UpdateKeyDescriptionCommand({ KeyId: made.KeyId, Description: 'x'.repeat(8_193) })),
    'ValidationException',
  )
})

test('ListKeys and ListAliases page through everything once', async () => {
  const ids: string[] = []
  let Marker: string | undefined
  do {
    const page = await kms.send(new ListKeysCommand({ Limit: 2, ...(Marker !== undefined && { Marker }) }))
    assert.ok(page.Keys!.length <= 2)
    ids.push(...page.Keys!.map(each => each.KeyId!))
    Marker = page.NextMarker
    assert.equal(page.Truncated, Marker !== undefined)
  } while (Marker !== undefined)

  const all = (await kms.send(new ListKeysCommand({}))).Keys!.map(each => each.KeyId!)
  assert.deepEqual(ids, all)
  assert.equal(new Set(ids).size, ids.length)
  await refused(kms.send(new ListKeysCommand({ Marker: 'made up' })), 'InvalidMarkerException')
})

test('a key of SM2, which AWS has in the Regions of China only, is refused and never made', async () => {
  const before = (await kms.send(new ListKeysCommand({}))).Keys!.length

  const call = kms.send(new CreateKeyCommand({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }))

  await refused(call, 'UnsupportedOperationException')
  assert.equal((await kms.send(new ListKeysCommand({}))).Keys!.length, before)
})

test('[F51] an encryption context of 8 KiB works, one with too large a size is refused', async () => {
  const large = { k: 'v'.repeat(8_000) }

  await opens(await blobOf(large), large)

  await refused(blobOf({ k: 'v'.repeat(8_192) }), 'ValidationException')
})

test('the account that is made twice is refused by the command line', async () => {
  const again = await postern.postern('account', 'create', '--id', otherAccount, '--name', 'again')
  const odd = await postern.postern('account', 'create', '--id', '12', '--name', 'odd')

  assert.equal(again.status, 2)
  assert.match(again.error, /is there already/)
  assert.equal(odd.status, 2)
})

const eve = foreign.kms
const combined = 'because the resource does not exist in this Region, no resource-based policies allow access'

test('[C36] ListAliases of another account’s key is refused as that of a key that is not there', async () => {
  const list = (id: string): Promise<unknown> => eve.send(new ListAliasesCommand({ KeyId: arnOf(id) }))

  await refused(list(KeyId), 'AccessDeniedException', combined)
  await refused(list(missing), 'AccessDeniedException', combined)
})

test('[C36] a ciphertext of another account’s key is refused as one of a key that nobody has', async () => {
  const blob = await blobOf()
  const stray = Buffer.from(blob)
  stray.write(missing.replaceAll('-', ''), 2, 'hex')
  const decrypt = (CiphertextBlob: Buffer): Promise<unknown> => eve.send(new DecryptCommand({ CiphertextBlob }))

  await refused(decrypt(blob), 'AccessDeniedException', `on the resource associated with this ciphertext ${combined}`)
  await refused(decrypt(stray), 'AccessDeniedException', `on the resource associated with this ciphertext ${combined}`)
})

test('[C36] an alias of another account is refused as one that is not there, and can’t be aimed at', async () => {
  const AliasName = 'alias/hidden'
  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }))
  const aliasArn = (name: string): string => `arn:aws:kms:us-west-2:${account}:alias/${name}`

  for (const name of ['hidden', 'absent']) {
    await refused(eve.send(new DescribeKeyCommand({ KeyId: aliasArn(name) })), 'AccessDeniedException', combined)
  }
  for (const id of [KeyId, missing]) {
    const aim = eve.send(new CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: arnOf(id) }))
    await refused(aim, 'AccessDeniedException', combined)
  }
})

const secretToken = 'a-grant-token-that-nobody-should-see'

test('[G65] a grant token of no grant is refused, and repeated nowhere', async () => {
  const GrantTokens = [secretToken]
  const CiphertextBlob = await blobOf()
  const calls = [
    () => kms.send(new EncryptCommand({ KeyId, Plaintext, GrantTokens })),
    () => kms.send(new DecryptCommand({ CiphertextBlob, GrantTokens })),
    () => kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: KeyId, GrantTokens })),
    () => kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', GrantTokens })),
    () => kms.send(new DescribeKeyCommand({ KeyId, GrantTokens })),
  ]
  for (const call of calls) await refused(call(), 'InvalidGrantTokenException', /^(?!.*nobody).*$/)

  const tooMany = Array.from({ length: 11 }, () => secretToken)
  const call = kms.send(new DescribeKeyCommand({ KeyId, GrantTokens: tooMany }))
  await refused(call, 'ValidationException', "Value at 'grantTokens' failed to satisfy constraint")
})

test('a modifier of a dry run needs the dry run, and the key that a ciphertext would have named', async () => {
  const CiphertextBlob = await blobOf()
  const DryRunModifiers: ['IGNORE_CIPHERTEXT'] = ['IGNORE_CIPHERTEXT']

  const withoutDryRun = kms.send(new DecryptCommand({ CiphertextBlob, KeyId, DryRunModifiers }))
  await refused(withoutDryRun, 'ValidationException', 'can only be used with DryRun')
  const withoutKey = { CiphertextBlob, DestinationKeyId: KeyId, DryRun: true, DryRunModifiers }
  await refused(kms.send(new ReEncryptCommand(withoutKey)), 'ValidationException', 'SourceKeyId is required')
})

test('a marker is good for the list that it came from, and for nobody else', async () => {
  await Promise.all([newKey(), newKey()])
  const { NextMarker: Marker } = await kms.send(new ListKeysCommand({ Limit: 1 }))

  assert.equal((await kms.send(new ListKeysCommand({ Marker, Limit: 1 }))).Keys!.length, 1)
  await refused(kms.send(new ListAliasesCommand({ Marker })), 'InvalidMarkerException')
  await refused(eve.send(new ListKeysCommand({ Marker })), 'InvalidMarkerException')
  await refused(kms.send(new ListKeyPoliciesCommand({ KeyId, Marker })), 'InvalidMarkerException')
})

test('GenerateDataKey says what is missing before it looks at the state of the key', async () => {
  const disabled = await newKey()
  await kms.send(new DisableKeyCommand({ KeyId: disabled.KeyId! }))

  const call = kms.send(new GenerateDataKeyCommand({ KeyId: disabled.KeyId! }))
  await refused(call, 'ValidationException', 'Please specify either number of bytes or key spec.')
})

test('a missing plaintext is not shown, not even as missing', async () => {
  const call = kms.send(new EncryptCommand({ KeyId, Plaintext: undefined }))
  await refused(
    call,
    'ValidationException',
    "Value at 'plaintext' failed to satisfy constraint: Member must not be null",
  )
})
