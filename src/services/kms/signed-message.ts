import { ServiceError } from '../../base/index.ts'
import { keySpecs, messageRule } from '../../crypto/index.ts'
import type { MessageForm, SigningAlgorithm } from '../../crypto/index.ts'
import type { ConditionValues } from '../../authorization/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { requireAlgorithm } from './key-usage.ts'

/** What Sign and Verify have in common. */
export interface SignedMessageInput {
  readonly KeyId: string
  readonly Message: Buffer
  readonly MessageType?: string | undefined
  readonly SigningAlgorithm: string
}

/** A message as the algorithms of signatures take it. */
export interface MessageToSign {
  readonly algorithm: SigningAlgorithm
  readonly message: Buffer
  readonly form: MessageForm
}

/** What the message is where the request does not say. */
const standardForm = 'RAW'

/** Condition keys of a signature. */
export function signingContext({
  MessageType: type,
  SigningAlgorithm: algorithm,
}: SignedMessageInput): ConditionValues {
  return { 'kms:MessageType': type ?? standardForm, 'kms:SigningAlgorithm': algorithm }
}

/** What the trail records of a signature: never what is signed. */
export function signingParameters({ KeyId, MessageType: type, SigningAlgorithm }: SignedMessageInput): AuditValues {
  return { messageType: type ?? standardForm, keyId: KeyId, signingAlgorithm: SigningAlgorithm }
}

/**
 * Checks a message against the key and the algorithm.
 *
 * @throws {ServiceError} InvalidKeyUsageException, ValidationException
 */
export function readSignedMessage(input: SignedMessageInput, key: KeyEntry['key']): MessageToSign {
  const algorithm = requireAlgorithm(key, input.SigningAlgorithm) as SigningAlgorithm
  const form = (input.MessageType ?? standardForm) as MessageForm
  const rule = messageRule(algorithm, form)
  if (rule === undefined) {
    // The keys of the Edwards curve have algorithms that differ in this; for others it is a matter of the key.
    const subject = keySpecs[key.keySpec].family === 'edwards' ? `algorithm ${algorithm}` : `key spec ${key.keySpec}`
    throw new ServiceError('ValidationException', `Message type ${form} is incompatible with ${subject}.`)
  }
  const { Message: message } = input
  // A raw message has the length that the model allows.
  if (message.length < rule.minBytes || message.length > rule.maxBytes)
    throw new ServiceError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`)
  return { algorithm, message, form }
}
