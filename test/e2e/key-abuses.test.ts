// Keys in other hands, for other purposes and with other words than they are for; what is refused, how, and what is told of it.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecapsulateCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DisableKeyCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  ReEncryptCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput, MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import { post, send, signed } from '../raw-client.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms, iam } = postern.clients(administrator)

const Message = Buffer.from('a message that is in no record')

async function newKey(input: CreateKeyCommandInput = {}): Promise<{ readonly KeyId: string; readonly arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input))
  return { KeyId: KeyMetadata!.KeyId!, arn: KeyMetadata!.Arn! }
}

const symmetric = await newKey()
const rsa = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
const rsaSigning = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
const curve = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
const edwards = await newKey({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' })
const mlDsa = await newKey({ KeySpec: 'ML_DSA_44', KeyUsage: 'SIGN_VERIFY' })
const mac = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
const agreement = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
const kem = await newKey({ KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' })

const sign = (KeyId: string, SigningAlgorithm: SigningAlgorithmSpec, more: object = {}): Promise<unknown> =>
  kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm, ...more }))

/** The same bytes but for the last bit. */
function flipped(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length - 1]! ^= 1
  return copy
}

// CreateKey

for (const [input, code, text] of [
  [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException', 'SM2'],
  [
    { KeySpec: 'RSA_2048' },
    'ValidationException',
    'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
  ],
  [
    { KeySpec: 'HMAC_256', KeyUsage: 'SIGN_VERIFY' },
    'ValidationException',
    'KeyUsage SIGN_VERIFY is not compatible with KeySpec HMAC_256',
  ],
  [
    { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'KEY_AGREEMENT' },
    'ValidationException',
    'KeyUsage KEY_AGREEMENT is not compatible with KeySpec ECC_SECG_P256K1',
  ],
  [
    { KeyUsage: 'GENERATE_VERIFY_MAC' },
    'ValidationException',
    'KeyUsage GENERATE_VERIFY_MAC is not compatible with KeySpec SYMMETRIC_DEFAULT',
  ],
] as const) {
  test(`CreateKey with ${JSON.stringify(input)} is refused: ${text}`, async () => {
    await refused(kms.send(new CreateKeyCommand(input)), code, text)
  })
}

// Keys across purposes

const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })

for (const [name, { arn }, usage, call] of [
  ['Sign', rsa, 'ENCRYPT_DECRYPT', () => sign(rsa.KeyId, 'RSASSA_PSS_SHA_256')],
  ['Sign', agreement, 'KEY_AGREEMENT', () => sign(agreement.KeyId, 'ECDSA_SHA_256')],
  ['Sign', mac, 'GENERATE_VERIFY_MAC', () => sign(mac.KeyId, 'ECDSA_SHA_256')],
  ['Encrypt', mac, 'GENERATE_VERIFY_MAC', () => kms.send(new EncryptCommand({ ...mac, Plaintext: Message }))],
  [
    'Encrypt',
    rsaSigning,
    'SIGN_VERIFY',
    () =>
      kms.send(new EncryptCommand({ ...rsaSigning, Plaintext: Message, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })),
  ],
  [
    'Decrypt',
    rsaSigning,
    'SIGN_VERIFY',
    () =>
      kms.send(
        new DecryptCommand({
          ...rsaSigning,
          CiphertextBlob: Buffer.alloc(256, 1),
          EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        }),
      ),
  ],
  [
    'GenerateMac',
    symmetric,
    'ENCRYPT_DECRYPT',
    () => kms.send(new GenerateMacCommand({ ...symmetric, Message, MacAlgorithm: 'HMAC_SHA_256' })),
  ],
  [
    'VerifyMac',
    curve,
    'SIGN_VERIFY',
    () => kms.send(new VerifyMacCommand({ ...curve, Message, MacAlgorithm: 'HMAC_SHA_256', Mac: Buffer.alloc(32) })),
  ],
  [
    'DeriveSharedSecret',
    curve,
    'SIGN_VERIFY',
    () => kms.send(new DeriveSharedSecretCommand({ ...curve, KeyAgreementAlgorithm: 'ECDH', PublicKey: peer })),
  ],
  [
    'Encapsulate',
    symmetric,
    'ENCRYPT_DECRYPT',
    () => kms.send(new EncapsulateCommand({ ...symmetric, EncapsulationAlgorithm: 'ML_KEM' })),
  ],
  [
    'Decapsulate',
    rsa,
    'ENCRYPT_DECRYPT',
    () =>
      kms.send(
        new DecapsulateCommand({
          ...rsa,
          EncapsulationAlgorithm: 'ML_KEM',
          SharedSecretCiphertextBlob: Buffer.alloc(768),
        }),
      ),
  ],
  [
    'GenerateDataKey',
    kem,
    'ENCAPSULATE_DECAPSULATE',
    () => kms.send(new GenerateDataKeyCommand({ ...kem, NumberOfBytes: 8 })),
  ],
  [
    'GenerateDataKeyPair',
    mac,
    'GENERATE_VERIFY_MAC',
    () => kms.send(new GenerateDataKeyPairCommand({ ...mac, KeyPairSpec: 'RSA_4096' })),
  ],
] as const) {
  test(`[F56] ${name} with a key for ${usage} is refused: keys have one purpose`, async () => {
    const text = `${arn} key usage is ${usage} which is not valid for ${name}.`
    await refused(call(), 'InvalidKeyUsageException', text)
  })
}

test('GenerateDataKey and GenerateDataKeyPair with an RSA key for encryption are refused in AWS’s words', async () => {
  const text = 'You cannot generate a data key with an asymmetric CMK'

  await refused(kms.send(new GenerateDataKeyCommand({ ...rsa, NumberOfBytes: 8 })), 'InvalidKeyUsageException', text)
  const pair = new GenerateDataKeyPairCommand({ ...rsa, KeyPairSpec: 'ECC_NIST_P256' })
  await refused(kms.send(pair), 'InvalidKeyUsageException', text)
})

test('GenerateDataKeyPair of SM2 is refused, where AWS does not have it either', async () => {
  const call = kms.send(new GenerateDataKeyPairCommand({ ...symmetric, KeyPairSpec: 'SM2' }))

  await refused(call, 'UnsupportedOperationException', 'SM2')
})

// Messages and signatures

const digest = (length: number) => ({ Message: Buffer.alloc(length, 1), MessageType: 'DIGEST' as MessageType })
const mu = (length: number) => ({ Message: Buffer.alloc(length, 1), MessageType: 'EXTERNAL_MU' as MessageType })

for (const [{ KeyId }, algorithm, more, code, text] of [
  [
    curve,
    'ECDSA_SHA_384',
    {},
    'InvalidKeyUsageException',
    'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
  ],
  [curve, 'SM2DSA', {}, 'InvalidKeyUsageException', 'Algorithm SM2DSA is incompatible with key spec ECC_NIST_P256.'],
  [
    rsaSigning,
    'RSASSA_PSS_SHA_256',
    digest(31),
    'ValidationException',
    'Digest is invalid length for algorithm RSASSA_PSS_SHA_256.',
  ],
  [
    rsaSigning,
    'RSASSA_PKCS1_V1_5_SHA_512',
    digest(32),
    'ValidationException',
    'Digest is invalid length for algorithm RSASSA_PKCS1_V1_5_SHA_512.',
  ],
  [curve, 'ECDSA_SHA_256', digest(33), 'ValidationException', 'Digest is invalid length for algorithm ECDSA_SHA_256.'],
  [
    curve,
    'ECDSA_SHA_256',
    mu(64),
    'ValidationException',
    'Message type EXTERNAL_MU is incompatible with key spec ECC_NIST_P256.',
  ],
  [
    edwards,
    'ED25519_SHA_512',
    digest(64),
    'ValidationException',
    'Message type DIGEST is incompatible with algorithm ED25519_SHA_512.',
  ],
  [
    edwards,
    'ED25519_PH_SHA_512',
    {},
    'ValidationException',
    'Message type RAW is incompatible with algorithm ED25519_PH_SHA_512.',
  ],
  [
    edwards,
    'ED25519_PH_SHA_512',
    digest(32),
    'ValidationException',
    'Digest is invalid length for algorithm ED25519_PH_SHA_512.',
  ],
  [
    mlDsa,
    'ML_DSA_SHAKE_256',
    digest(64),
    'ValidationException',
    'Message type DIGEST is incompatible with key spec ML_DSA_44.',
  ],
  [
    mlDsa,
    'ML_DSA_SHAKE_256',
    mu(63),
    'ValidationException',
    'Digest is invalid length for algorithm ML_DSA_SHAKE_256.',
  ],
  [
    curve,
    'ECDSA_SHA_256',
    { Message: Buffer.alloc(4_097) },
    'ValidationException',
    "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096",
  ],
] as const) {
  test(`[F54] Sign and Verify refuse ${algorithm} with ${JSON.stringify(Object.keys(more))}: ${text}`, async () => {
    await refused(sign(KeyId, algorithm, more), code, text)
    const verify = { KeyId, Message, SigningAlgorithm: algorithm, Signature: Buffer.alloc(64), ...more }
    await refused(kms.send(new VerifyCommand(verify)), code, text)
  })
}

for (const [what, change] of [
  ['empty of its last byte', signature => signature.subarray(0, -1)],
  ['followed by a byte', signature => Buffer.concat([signature, Buffer.alloc(1)])],
  ['with a flipped bit', flipped],
  ['of zeros', signature => Buffer.alloc(signature.length)],
  ['of one byte', () => Buffer.alloc(1)],
  ['of 6,144 bytes', () => Buffer.alloc(6_144, 1)],
] as readonly (readonly [string, (signature: Buffer) => Buffer])[]) {
  test(`[F55] Verify finds a signature ${what} wrong, and says no more`, async () => {
    for (const [{ KeyId }, SigningAlgorithm] of [
      [curve, 'ECDSA_SHA_256'],
      [rsaSigning, 'RSASSA_PSS_SHA_256'],
      [rsaSigning, 'RSASSA_PKCS1_V1_5_SHA_256'],
      [edwards, 'ED25519_SHA_512'],
      [mlDsa, 'ML_DSA_SHAKE_256'],
    ] as const) {
      const input = { KeyId, Message, SigningAlgorithm }
      const { Signature } = await kms.send(new SignCommand(input))

      const body = {
        ...input,
        Message: Message.toString('base64'),
        Signature: change(Buffer.from(Signature!)).toString('base64'),
      }
      const answer = await call('Verify', body)

      assert.deepEqual(answer, { status: 400, body: { __type: 'KMSInvalidSignatureException' } }, SigningAlgorithm)
    }
  })
}

test('[F55] a signature by one key is none by another, nor with another algorithm', async () => {
  const other = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const { Signature } = await kms.send(new SignCommand({ ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
  const pss = await kms.send(new SignCommand({ ...rsaSigning, Message, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }))

  const byOther = new VerifyCommand({ ...other, Message, SigningAlgorithm: 'ECDSA_SHA_256', Signature })
  await refused(kms.send(byOther), 'KMSInvalidSignatureException')
  for (const SigningAlgorithm of ['RSASSA_PSS_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_256'] as const) {
    const otherwise = new VerifyCommand({ ...rsaSigning, Message, SigningAlgorithm, Signature: pss.Signature })
    await refused(kms.send(otherwise), 'KMSInvalidSignatureException')
  }
})

/** The answer to a signed request, as it is on the wire. */
async function call(name: string, input: object): Promise<{ readonly status: number; readonly body: unknown }> {
  const body = JSON.stringify(input)
  const headers = signed(postern, administrator, { service: 'kms', target: `TrentService.${name}`, body })
  const answer = await send(postern, post(headers, body))
  return { status: answer!.status, body: JSON.parse(answer!.body) as unknown }
}

// Codes

test('[F56] VerifyMac finds a shorter code, a prefix, a longer one and one of another key wrong', async () => {
  const input = { ...mac, Message, MacAlgorithm: 'HMAC_SHA_256' as const }
  const { Mac } = await kms.send(new GenerateMacCommand(input))
  const other = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const verify = (code: Uint8Array, more: object = {}): Promise<unknown> =>
    kms.send(new VerifyMacCommand({ ...input, Mac: code, ...more }))

  await verify(Mac!)

  for (const length of [1, 8, 16, 31]) await refused(verify(Mac!.subarray(0, length)), 'KMSInvalidMacException')
  await refused(verify(Buffer.concat([Mac!, Buffer.alloc(1)])), 'KMSInvalidMacException')
  await refused(verify(Mac!, { Message: Buffer.from('another') }), 'KMSInvalidMacException')
  await refused(verify(Mac!, { KeyId: other.KeyId }), 'KMSInvalidMacException')
  await refused(verify(Buffer.alloc(0)), 'ValidationException', "Value at 'mac'")
})

test('[F56] GenerateMac takes the algorithm of its key alone', async () => {
  const call512 = kms.send(new GenerateMacCommand({ ...mac, Message, MacAlgorithm: 'HMAC_SHA_512' }))

  await refused(call512, 'InvalidKeyUsageException', 'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.')
})

// RSA encryption

const oaep = { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const
const { CiphertextBlob: ofRsa } = await kms.send(new EncryptCommand({ ...rsa, ...oaep, Plaintext: Message }))
const { CiphertextBlob: ofSymmetric } = await kms.send(new EncryptCommand({ ...symmetric, Plaintext: Message }))

test('[F54] Decrypt with an RSA key answers whatever is wrong with one error, without a word', async () => {
  const bad: readonly Uint8Array[] = [
    flipped(ofRsa!),
    ofRsa!.subarray(1),
    Buffer.concat([ofRsa!, Buffer.alloc(1)]),
    Buffer.alloc(256),
    Buffer.alloc(256, 0xff),
    Buffer.alloc(1, 1),
    ofSymmetric!,
  ]

  for (const blob of bad) {
    const input = { KeyId: rsa.KeyId, CiphertextBlob: Buffer.from(blob).toString('base64'), ...oaep }
    assert.deepEqual(await call('Decrypt', input), { status: 400, body: { __type: 'InvalidCiphertextException' } })
  }
  const otherHash = new DecryptCommand({ ...rsa, CiphertextBlob: ofRsa, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' })
  await refused(kms.send(otherHash), 'InvalidCiphertextException')
})

test('Encrypt and Decrypt with an RSA key without its algorithm are refused as by AWS', async () => {
  await refused(
    kms.send(new EncryptCommand({ ...rsa, Plaintext: Message })),
    'InvalidKeyUsageException',
    'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
  )
  await refused(kms.send(new DecryptCommand({ ...rsa, CiphertextBlob: ofRsa })), 'InvalidCiphertextException')
  await refused(
    kms.send(new EncryptCommand({ ...symmetric, ...oaep, Plaintext: Message })),
    'InvalidKeyUsageException',
    'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
  )
  await refused(
    kms.send(new DecryptCommand({ ...symmetric, ...oaep, CiphertextBlob: ofSymmetric })),
    'InvalidKeyUsageException',
    'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
  )
  await refused(
    kms.send(new EncryptCommand({ ...rsa, EncryptionAlgorithm: 'SM2PKE', Plaintext: Message })),
    'InvalidKeyUsageException',
    'Algorithm SM2PKE is incompatible with key spec RSA_2048.',
  )
})

test('a ciphertext of an RSA key names no key: Decrypt and ReEncrypt want it named', async () => {
  const noKey = kms.send(new DecryptCommand({ CiphertextBlob: ofRsa, ...oaep }))
  await refused(noKey, 'ValidationException', "Value null at 'keyId'")
  const noSource = new ReEncryptCommand({
    CiphertextBlob: ofRsa,
    SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    DestinationKeyId: symmetric.KeyId,
  })
  await refused(kms.send(noSource), 'ValidationException', "Value null at 'sourceKeyId'")
})

test('a ciphertext of a symmetric key is not one of the RSA key that is named', async () => {
  const call2 = kms.send(new DecryptCommand({ ...rsa, CiphertextBlob: ofSymmetric }))

  await refused(call2, 'IncorrectKeyException', 'The key ID in the request does not identify a CMK')
})

test('an encryption context with an RSA key is refused, since nothing would be bound to it', async () => {
  const EncryptionContext = { a: 'b' }
  const text = 'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.'

  await refused(
    kms.send(new EncryptCommand({ ...rsa, ...oaep, Plaintext: Message, EncryptionContext })),
    'ValidationException',
    text,
  )
  await refused(
    kms.send(new DecryptCommand({ ...rsa, ...oaep, CiphertextBlob: ofRsa, EncryptionContext })),
    'ValidationException',
    text,
  )
  const to = {
    CiphertextBlob: ofSymmetric,
    DestinationKeyId: rsa.KeyId,
    DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    DestinationEncryptionContext: EncryptionContext,
  } as const
  await refused(kms.send(new ReEncryptCommand(to)), 'ValidationException', text)
})

test('ReEncrypt of more than an RSA key can hold is refused, and nothing is answered', async () => {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ ...symmetric, Plaintext: Buffer.alloc(191) }))
  const input = { CiphertextBlob, DestinationKeyId: rsa.KeyId, DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }

  await refused(
    kms.send(new ReEncryptCommand(input as { CiphertextBlob: Uint8Array; DestinationKeyId: string })),
    'ValidationException',
    'Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.',
  )
})

// Agreement and encapsulation

test('[F55] DeriveSharedSecret refuses public keys of other curves and kinds, and what is none, without a word', async () => {
  const spki = (key: ReturnType<typeof generateKeyPairSync>['publicKey']): Buffer =>
    (key as { export(options: object): Buffer }).export({ format: 'der', type: 'spki' })
  const others = [
    spki(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
    spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
    spki(generateKeyPairSync('x25519').publicKey),
    spki(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey),
    flipped(peer),
    peer.subarray(0, -1),
    Buffer.concat([peer, Buffer.alloc(1)]),
    Buffer.alloc(1),
  ]

  for (const PublicKey of others) {
    const input = { KeyId: agreement.KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: PublicKey.toString('base64') }
    assert.deepEqual(await call('DeriveSharedSecret', input), { status: 400, body: { __type: 'ValidationException' } })
  }
})

test('Decapsulate refuses a ciphertext of another length, and gives a secret that nobody has for one of another key', async () => {
  const EncapsulationAlgorithm = 'ML_KEM'
  const made = await kms.send(new EncapsulateCommand({ ...kem, EncapsulationAlgorithm }))
  const open = (blob: Uint8Array) =>
    kms.send(new DecapsulateCommand({ ...kem, EncapsulationAlgorithm, SharedSecretCiphertextBlob: blob }))
  const changed = Buffer.from(made.SharedSecretCiphertextBlob!)
  changed[0]! ^= 1

  const secret = await open(changed)

  assert.equal(secret.SharedSecret!.length, 32)
  assert.notDeepEqual(secret.SharedSecret, made.SharedSecret)
  assert.deepEqual((await open(changed)).SharedSecret, secret.SharedSecret)
  for (const length of [1, 767, 769, 1_088]) await refused(open(Buffer.alloc(length)), 'InvalidCiphertextException')
})

// Public keys

test('GetPublicKey is answered for a key that is disabled, and for none that has no public key', async () => {
  const { KeyId } = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  await kms.send(new DisableKeyCommand({ KeyId }))

  assert.ok((await kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey)

  for (const each of [symmetric, mac])
    assert.deepEqual(await call('GetPublicKey', { KeyId: each.KeyId }), {
      status: 400,
      body: { __type: 'UnsupportedOperationException' },
    })
})

// Dry runs

test('DryRun of each asymmetric operation says that it would succeed, and does nothing; what would fail, fails', async () => {
  const DryRun = true
  const made = await kms.send(new SignCommand({ ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
  const code = await kms.send(new GenerateMacCommand({ ...mac, Message, MacAlgorithm: 'HMAC_SHA_256' }))
  const sealed = await kms.send(new EncapsulateCommand({ ...kem, EncapsulationAlgorithm: 'ML_KEM' }))
  const signature = { ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256', DryRun } as const
  const macInput = { ...mac, Message, MacAlgorithm: 'HMAC_SHA_256', DryRun } as const
  const kemInput = { ...kem, EncapsulationAlgorithm: 'ML_KEM', DryRun } as const

  for (const dry of [
    () => kms.send(new SignCommand(signature)),
    () => kms.send(new VerifyCommand({ ...signature, Signature: made.Signature })),
    () => kms.send(new GenerateMacCommand(macInput)),
    () => kms.send(new VerifyMacCommand({ ...macInput, Mac: code.Mac })),
    () =>
      kms.send(new DeriveSharedSecretCommand({ ...agreement, KeyAgreementAlgorithm: 'ECDH', PublicKey: peer, DryRun })),
    () => kms.send(new EncapsulateCommand(kemInput)),
    () =>
      kms.send(new DecapsulateCommand({ ...kemInput, SharedSecretCiphertextBlob: sealed.SharedSecretCiphertextBlob })),
    () => kms.send(new EncryptCommand({ ...rsa, ...oaep, Plaintext: Message, DryRun })),
    () => kms.send(new DecryptCommand({ ...rsa, ...oaep, CiphertextBlob: ofRsa, DryRun })),
    () => kms.send(new GenerateDataKeyPairCommand({ ...symmetric, KeyPairSpec: 'RSA_4096', DryRun })),
  ])
    await refused(dry(), 'DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')

  const wrong = new VerifyCommand({ ...signature, Signature: Buffer.alloc(70) })
  await refused(kms.send(wrong), 'KMSInvalidSignatureException')
  const tooLong = new EncryptCommand({ ...rsa, ...oaep, Plaintext: Buffer.alloc(191), DryRun })
  await refused(kms.send(tooLong), 'ValidationException')
})

// Permissions

const only = (action: string, key: string, value: string) => ({
  ...allow(action),
  Condition: { StringEquals: { [key]: value } },
})

test('policies decide by the algorithm, the type of the message and the spec of the pair', async () => {
  const user = await makeUser(
    iam,
    'signer',
    only('kms:Sign', 'kms:SigningAlgorithm', 'RSASSA_PSS_SHA_256'),
    only('kms:Verify', 'kms:MessageType', 'RAW'),
    only('kms:GenerateMac', 'kms:MacAlgorithm', 'HMAC_SHA_512'),
    only('kms:DeriveSharedSecret', 'kms:KeyAgreementAlgorithm', 'ECDH'),
    only('kms:Encapsulate', 'kms:EncapsulationAlgorithm', 'ML_KEM'),
    only('kms:GenerateDataKeyPair', 'kms:DataKeyPairSpec', 'ECC_NIST_P256'),
    only('kms:Encrypt', 'kms:EncryptionAlgorithm', 'RSAES_OAEP_SHA_256'),
  )
  const { kms: asUser } = postern.clients(user.credentials)
  const signature = { ...rsaSigning, Message }

  const { Signature } = await asUser.send(new SignCommand({ ...signature, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }))
  await asUser.send(new VerifyCommand({ ...signature, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Signature }))
  await asUser.send(new DeriveSharedSecretCommand({ ...agreement, KeyAgreementAlgorithm: 'ECDH', PublicKey: peer }))
  await asUser.send(new EncapsulateCommand({ ...kem, EncapsulationAlgorithm: 'ML_KEM' }))
  await asUser.send(new GenerateDataKeyPairCommand({ ...symmetric, KeyPairSpec: 'ECC_NIST_P256' }))
  await asUser.send(new EncryptCommand({ ...rsa, ...oaep, Plaintext: Message }))

  for (const denied of [
    () => asUser.send(new SignCommand({ ...signature, SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' })),
    () =>
      asUser.send(
        new VerifyCommand({ ...rsaSigning, ...digest(32), SigningAlgorithm: 'RSASSA_PSS_SHA_256', Signature }),
      ),
    () => asUser.send(new GenerateMacCommand({ ...mac, Message, MacAlgorithm: 'HMAC_SHA_256' })),
    () => asUser.send(new GenerateDataKeyPairCommand({ ...symmetric, KeyPairSpec: 'RSA_2048' })),
    () => asUser.send(new EncryptCommand({ ...rsa, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1', Plaintext: Message })),
    () => asUser.send(new EncryptCommand({ ...symmetric, Plaintext: Message })),
    () => asUser.send(new GetPublicKeyCommand({ ...curve })),
  ])
    await refused(denied(), 'AccessDeniedException')
})

test('a grant permits what its key is for, and no grant permits what it is not for', async () => {
  const user = await makeUser(iam, 'grantee')
  const { kms: asUser } = postern.clients(user.credentials)
  const sayNo = asUser.send(new SignCommand({ ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
  await refused(sayNo, 'AccessDeniedException')

  await kms.send(new CreateGrantCommand({ ...curve, GranteePrincipal: user.arn, Operations: ['Sign', 'GetPublicKey'] }))
  await kms.send(new CreateGrantCommand({ ...kem, GranteePrincipal: user.arn, Operations: ['Encapsulate'] }))

  await asUser.send(new SignCommand({ ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
  await asUser.send(new GetPublicKeyCommand({ ...curve }))
  const sealed = await asUser.send(new EncapsulateCommand({ ...kem, EncapsulationAlgorithm: 'ML_KEM' }))
  const open = new DecapsulateCommand({
    ...kem,
    EncapsulationAlgorithm: 'ML_KEM',
    SharedSecretCiphertextBlob: sealed.SharedSecretCiphertextBlob,
  })
  await refused(asUser.send(open), 'AccessDeniedException')
  for (const [key, operation] of [
    [symmetric, 'Sign'],
    [curve, 'Encrypt'],
    [mac, 'GetPublicKey'],
    [rsa, 'GenerateDataKey'],
    [agreement, 'Decapsulate'],
  ] as const) {
    const grant = new CreateGrantCommand({ ...key, GranteePrincipal: user.arn, Operations: [operation] })
    await refused(kms.send(grant), 'ValidationException')
  }
})

test('another account uses a key that was given to it, and learns nothing of one that was not', async () => {
  const foreign = await postern.otherAccount('444455556666')
  const { Signature } = await kms.send(new SignCommand({ ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
  const verify = new VerifyCommand({ KeyId: curve.arn, Message, SigningAlgorithm: 'ECDSA_SHA_256', Signature })
  const absent = curve.arn.replace(curve.KeyId, '1234abcd-12ab-34cd-56ef-1234567890ab')
  const decapsulate = (KeyId: string): Promise<unknown> =>
    foreign.kms.send(
      new DecapsulateCommand({
        KeyId,
        EncapsulationAlgorithm: 'ML_KEM',
        SharedSecretCiphertextBlob: Buffer.alloc(768),
      }),
    )
  const messageOf = async (call3: Promise<unknown>): Promise<string> => {
    const error = await call3.then(
      () => assert.fail('it was permitted'),
      (cause: unknown) => cause as Error,
    )
    return `${error.name}: ${error.message}`
  }

  await refused(foreign.kms.send(verify), 'AccessDeniedException')
  // A key for another purpose is answered as one that is not there.
  assert.equal(await messageOf(decapsulate(curve.arn)), await messageOf(decapsulate(absent)))
  const root = 'arn:aws:iam::444455556666:root'
  await kms.send(new CreateGrantCommand({ ...curve, GranteePrincipal: root, Operations: ['Verify'] }))
  assert.equal((await foreign.kms.send(verify)).SignatureValid, true)
})

// Records

test('the trail tells the algorithm and the type of the message, and never message, signature, code or secret', async () => {
  const signed = await kms.send(new SignCommand({ ...curve, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
  const code = await kms.send(new GenerateMacCommand({ ...mac, Message, MacAlgorithm: 'HMAC_SHA_256' }))
  const derived = await kms.send(
    new DeriveSharedSecretCommand({ ...agreement, KeyAgreementAlgorithm: 'ECDH', PublicKey: peer }),
  )
  const sealed = await kms.send(new EncapsulateCommand({ ...kem, EncapsulationAlgorithm: 'ML_KEM' }))
  const pair = await kms.send(new GenerateDataKeyPairCommand({ ...symmetric, KeyPairSpec: 'ECC_NIST_P256' }))
  const encrypted = await kms.send(new EncryptCommand({ ...rsa, ...oaep, Plaintext: Message }))

  const recorded = (answer: { readonly $metadata: { readonly requestId?: string } }) => {
    const line = trailText(postern)
      .split('\n')
      .find(each => each.includes(answer.$metadata.requestId!))!
    const { event } = JSON.parse(line) as { readonly event: Readonly<Record<string, unknown>> }
    assert.equal(event['readOnly'], true)
    assert.equal(event['responseElements'], null)
    return [event['eventName'], event['requestParameters'], event['additionalEventData']]
  }
  assert.deepEqual(recorded(signed), [
    'Sign',
    { messageType: 'RAW', keyId: curve.KeyId, signingAlgorithm: 'ECDSA_SHA_256' },
    undefined,
  ])
  assert.deepEqual(recorded(code), ['GenerateMac', { macAlgorithm: 'HMAC_SHA_256', keyId: mac.KeyId }, undefined])
  assert.deepEqual(recorded(derived), [
    'DeriveSharedSecret',
    { keyId: agreement.KeyId, keyAgreementAlgorithm: 'ECDH' },
    undefined,
  ])
  assert.deepEqual(recorded(sealed), ['Encapsulate', { keyId: kem.KeyId, encapsulationAlgorithm: 'ML_KEM' }, undefined])
  assert.deepEqual(recorded(pair), [
    'GenerateDataKeyPair',
    { keyPairSpec: 'ECC_NIST_P256', keyId: symmetric.KeyId },
    { keyMaterialId: pair.KeyMaterialId },
  ])
  assert.deepEqual(recorded(encrypted), [
    'Encrypt',
    { keyId: rsa.KeyId, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
    undefined,
  ])
  const text = `${trailText(postern)}${postern.log}`
  for (const secret of [
    Message,
    signed.Signature,
    code.Mac,
    derived.SharedSecret,
    sealed.SharedSecret,
    pair.PrivateKeyPlaintext,
    pair.PublicKey,
  ]) {
    for (const form of ['base64', 'hex', 'latin1'] as const)
      assert.ok(!text.includes(Buffer.from(secret!).toString(form)), 'a record has what is in none')
  }
})
