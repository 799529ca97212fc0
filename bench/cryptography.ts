// What each kind of cryptography costs as a request, beside what node:crypto alone takes for it in the same run.
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { ask, signedRequest } from './requests.ts'
import { startSubject } from './subjects.ts'
import type { Subject } from './subjects.ts'
import { median, table } from './report.ts'
import { measure } from './throughput.ts'

const message = Buffer.alloc(32, 7)
const Message = message.toString('base64')
const connections = 4
const generate = promisify(generateKeyPair) as unknown as (type: string, options?: object) => Promise<object>

/** One request, and the bare work that is in it. */
interface Case {
  readonly operation: string
  readonly algorithm: string
  readonly input: object
  readonly bare: () => unknown
}

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** How node:crypto makes a key pair of a spec, and signs with it. */
interface SigningRow {
  readonly spec: string
  readonly algorithm: string
  readonly type: string
  readonly options?: object
  readonly hash: string | null
  readonly padding?: object
}

const rsaBits = [2_048, 3_072, 4_096] as const
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
const signing: readonly SigningRow[] = [
  ...rsaBits.flatMap(modulusLength => {
    const key = { spec: `RSA_${modulusLength}`, type: 'rsa', options: { modulusLength }, hash: 'sha256' }
    return [
      { ...key, algorithm: 'RSASSA_PSS_SHA_256', padding: pss },
      { ...key, algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' },
    ]
  }),
  curve('ECC_NIST_P256', 'P-256', 256),
  curve('ECC_NIST_P384', 'P-384', 384),
  curve('ECC_NIST_P521', 'P-521', 512),
  curve('ECC_SECG_P256K1', 'secp256k1', 256),
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512', type: 'ed25519', hash: null },
  ...[44, 65, 87].map(level => ({
    spec: `ML_DSA_${level}`,
    algorithm: 'ML_DSA_SHAKE_256',
    type: `ml-dsa-${level}`,
    hash: null,
  })),
]

function curve(spec: string, namedCurve: string, bits: number): SigningRow {
  return { spec, algorithm: `ECDSA_SHA_${bits}`, type: 'ec', options: { namedCurve }, hash: `sha${bits}` }
}

/** Answers a second, processor time per answer, and how much of it is not the bare work. */
export async function measureCryptography(options: {
  readonly seconds: number
  readonly rounds: number
}): Promise<void> {
  await using subject = await startSubject('written')
  const rows: string[][] = []
  for await (const each of cases(subject)) {
    process.stderr.write(`${each.operation} ${each.algorithm}\n`)
    rows.push(await rowOf(subject, each, options))
  }
  console.log(
    `\nCryptography, ${connections} connections; the processor's time of a request beside that of node:crypto alone\n`,
  )
  console.log(table(['operation', 'algorithm', '/s', 'CPU µs', 'bare µs', 'beside it µs', 'of bare'], rows))
}

async function rowOf(
  subject: Subject,
  { operation, algorithm, input, bare }: Case,
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): Promise<string[]> {
  const measured: { readonly perSecond: number; readonly micros: number; readonly bareMicros: number }[] = []
  for (let round = -1; round < rounds; round++) {
    const request = signedRequest(subject, operation, input)
    const { perSecond, processorMicros } = await measure(subject, { request, connections, seconds })
    // The first round warms up and is not counted.
    if (round >= 0) measured.push({ perSecond, micros: processorMicros, bareMicros: await bareMicrosOf(bare, seconds) })
  }
  const [micros, bareMicros] = [
    median(measured.map(each => each.micros)),
    median(measured.map(each => each.bareMicros)),
  ]
  return [
    operation,
    algorithm,
    median(measured.map(each => each.perSecond)).toFixed(0),
    micros.toFixed(0),
    bareMicros.toFixed(bareMicros < 10 ? 1 : 0),
    (micros - bareMicros).toFixed(0),
    median(measured.map(each => each.micros / each.bareMicros)).toFixed(2),
  ]
}

/** Microseconds of the processor that the bare work takes, in a process that does nothing else. */
async function bareMicrosOf(bare: () => unknown, seconds: number): Promise<number> {
  const [end, before] = [performance.now() + seconds * 500, process.cpuUsage()]
  let times = 0
  for (; performance.now() < end; times++) await bare()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

async function* cases(subject: Subject): AsyncGenerator<Case> {
  yield* signatures(subject)
  yield* rsaDecryption(subject)
  yield* dataKeyPairs(subject)
  yield* macs(subject)
}

async function* signatures(subject: Subject): AsyncGenerator<Case> {
  const made = new Map<string, { readonly KeyId: string; readonly pair: Pair }>()
  for (const { spec, algorithm, type, options, hash, padding } of signing) {
    const { KeyId, pair } = made.get(spec) ?? {
      KeyId: await newKey(subject, spec, 'SIGN_VERIFY'),
      pair: (await generate(type, options)) as Pair,
    }
    made.set(spec, { KeyId, pair })
    const input = { KeyId, Message, SigningAlgorithm: algorithm }
    const { Signature } = await ask<{ Signature: string }>(subject, 'Sign', input)
    const bareSignature = sign(hash, message, { key: pair.privateKey, ...padding })
    const name = `${spec} ${algorithm}`
    yield {
      operation: 'Sign',
      algorithm: name,
      input,
      bare: () => sign(hash, message, { key: pair.privateKey, ...padding }),
    }
    yield {
      operation: 'Verify',
      algorithm: name,
      input: { ...input, Signature },
      bare: () => verify(hash, message, { key: pair.publicKey, ...padding }, bareSignature),
    }
  }
}

async function* rsaDecryption(subject: Subject): AsyncGenerator<Case> {
  for (const modulusLength of rsaBits) {
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256'
    const KeyId = await newKey(subject, `RSA_${modulusLength}`, 'ENCRYPT_DECRYPT')
    const { privateKey, publicKey } = (await generate('rsa', { modulusLength })) as Pair
    const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const bareCiphertext = publicEncrypt({ key: publicKey, ...oaep }, message)
    const encrypted = { KeyId, EncryptionAlgorithm, Plaintext: Message }
    const { CiphertextBlob } = await ask<{ CiphertextBlob: string }>(subject, 'Encrypt', encrypted)
    yield {
      operation: 'Decrypt',
      algorithm: `RSA_${modulusLength} ${EncryptionAlgorithm}`,
      input: { KeyId, EncryptionAlgorithm, CiphertextBlob },
      bare: () => privateDecrypt({ key: privateKey, ...oaep }, bareCiphertext),
    }
  }
}

async function* dataKeyPairs(subject: Subject): AsyncGenerator<Case> {
  const { keyId: KeyId } = subject
  const pairs: readonly (readonly [string, string, object?])[] = [
    ['RSA_2048', 'rsa', { modulusLength: 2_048 }],
    ['ECC_NIST_P256', 'ec', { namedCurve: 'P-256' }],
    ['ECC_NIST_P384', 'ec', { namedCurve: 'P-384' }],
    ['ECC_NIST_EDWARDS25519', 'ed25519'],
    ['ML_KEM_768', 'ml-kem-768'],
  ]
  for (const [KeyPairSpec, type, options] of pairs) {
    const bare = async (): Promise<void> => {
      const { privateKey } = (await generate(type, options)) as Pair
      createPublicKey(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))).export({
        format: 'der',
        type: 'spki',
      })
    }
    yield { operation: 'GenerateDataKeyPair', algorithm: KeyPairSpec, input: { KeyId, KeyPairSpec }, bare }
  }
}

async function* macs(subject: Subject): AsyncGenerator<Case> {
  for (const bits of [224, 256, 384, 512]) {
    const MacAlgorithm = `HMAC_SHA_${bits}`
    const KeyId = await newKey(subject, `HMAC_${bits}`, 'GENERATE_VERIFY_MAC')
    const key = randomBytes(bits / 8)
    yield {
      operation: 'GenerateMac',
      algorithm: MacAlgorithm,
      input: { KeyId, Message, MacAlgorithm },
      bare: () => createHmac(`sha${bits}`, key).update(message).digest(),
    }
  }
}

async function newKey(subject: Subject, KeySpec: string, KeyUsage: string): Promise<string> {
  const { KeyMetadata } = await ask<{ KeyMetadata: { Arn: string } }>(subject, 'CreateKey', { KeySpec, KeyUsage })
  return KeyMetadata.Arn
}
