import { ServiceError } from '../../base/index.ts'
import { generateMaterial, keySpecs } from '../../crypto/index.ts'
import type { RsaSpec, WrappingAlgorithm } from '../../crypto/index.ts'
import { importParametersMillis, openKeyPair, sealImportToken, wrappingAlgorithms } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'

/** GetParametersForImport: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html */
export const getParametersForImport = keyOperation<
  kms.GetParametersForImportRequest,
  kms.GetParametersForImportResponse
>({
  name: 'GetParametersForImport',
  readOnly: true,
  context: ({ WrappingAlgorithm: algorithm, WrappingKeySpec: spec }) => ({
    'kms:WrappingAlgorithm': algorithm,
    'kms:WrappingKeySpec': spec,
  }),
  requestParameters: ({ KeyId: keyId, WrappingAlgorithm: wrappingAlgorithm, WrappingKeySpec: wrappingKeySpec }) => ({
    keyId,
    wrappingAlgorithm,
    wrappingKeySpec,
  }),
  check: (_input, key) => requireOrigin(key, 'EXTERNAL'),
  async run(input, { key }, { keys, random, work, clock }, { caller }) {
    const { algorithm, spec } = requireServed(input, key)
    const privateKeyDer = await generateMaterial(spec, { random, work: work.forAccount(caller.account) })
    const { publicKey } = openKeyPair(privateKeyDer.exposeBytes())
    const validTo = clock.now() + importParametersMillis
    return {
      output: {
        KeyId: key.arn,
        ImportToken: sealImportToken(key, { privateKeyDer, algorithm, validTo }, keys.keyRing),
        PublicKey: publicKey.export({ format: 'der', type: 'spki' }),
        ParametersValidTo: validTo,
      },
    }
  },
})

interface Wrapping {
  readonly algorithm: WrappingAlgorithm
  readonly spec: RsaSpec
}

/** @throws {ServiceError} UnsupportedOperationException for wrappings that AWS has elsewhere or no longer, or not for such keys. */
function requireServed(input: kms.GetParametersForImportRequest, key: KeyEntry['key']): Wrapping {
  const { WrappingAlgorithm: wanted, WrappingKeySpec: spec } = input
  const algorithm = wrappingAlgorithms.find(each => each === wanted)
  // Bleichenbacher (1998): padding of PKCS #1 v1.5 would tell who asks often enough what was imported.
  if (algorithm === undefined) throw unsupported(`WrappingAlgorithm ${wanted} is not supported.`)
  if (!isRsa(spec)) throw unsupported(`WrappingKeySpec ${spec} is not supported.`)
  const isDirect = algorithm === 'RSAES_OAEP_SHA_1' || algorithm === 'RSAES_OAEP_SHA_256'
  const isTooLong = key.keySpec === 'ECC_NIST_P521' && spec === 'RSA_2048'
  if (isDirect && (keySpecs[key.keySpec].family === 'rsa' || isTooLong))
    throw unsupported(
      `WrappingAlgorithm ${algorithm} with WrappingKeySpec ${spec} is not supported for key material of ${key.keySpec}.`,
    )
  return { algorithm, spec }
}

function isRsa(spec: string): spec is RsaSpec {
  return spec === 'RSA_2048' || spec === 'RSA_3072' || spec === 'RSA_4096'
}

const unsupported = (message: string): ServiceError => new ServiceError('UnsupportedOperationException', message)
