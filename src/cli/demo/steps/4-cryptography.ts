import { answers, callOf, refused } from '../act.ts'
import type { Act } from '../act.ts'
import type { Asker, Output } from '../aws-client.ts'
import type { FileValue } from '../demo-folder.ts'
import { textAt } from '../short-text.ts'
import type { Story } from '../story.ts'

/** The key of the story, and something that is encrypted under it. */
export interface StoryKey {
  readonly arn: string
  readonly id: string
  readonly plain: FileValue
  readonly blob: FileValue
}

/** Bytes of an answer, as a file that further commands name. */
export const savedBytes = (story: Story, output: Output, member: string, name: string): FileValue =>
  story.folder.file(name, Buffer.from(textAt(output, member), 'base64'))

/** Step 4: keys and cryptography through the endpoint. */
export async function cryptographyStep(story: Story, inside: Asker): Promise<StoryKey> {
  story.step(4, 'Keys and cryptography through the endpoint')
  const kms = (operation: string, input: object, ...show: readonly string[]): Act =>
    answers(callOf(inside, 'kms', operation, { ...input }), ...show)
  const plain = story.folder.file('secret.txt', Buffer.from('a secret'))
  story.say(`Files that commands name are in ${story.folder.work}; secret.txt says "a secret".`)
  const made = await story.does(kms('CreateKey', { Description: 'demo' }, 'KeyMetadata.Arn', 'KeyMetadata.KeyState'))
  const arn = textAt(made, 'KeyMetadata.Arn')
  const id = arn.split('/')[1]!
  const KeyId = 'alias/demo'
  await story.does(kms('CreateAlias', { AliasName: KeyId, TargetKeyId: id }))
  const order = { EncryptionContext: { order: '4711' } }
  const sealed = await story.does(kms('Encrypt', { KeyId, Plaintext: plain, ...order }, 'CiphertextBlob'))
  const CiphertextBlob = savedBytes(story, sealed, 'CiphertextBlob', 'order.blob')
  const other = { EncryptionContext: { order: '4712' } }
  const [opened] = await story.together([
    kms('Decrypt', { CiphertextBlob, ...order }, 'Plaintext'),
    refused(callOf(inside, 'kms', 'Decrypt', { CiphertextBlob, ...other }), 'InvalidCiphertextException'),
  ])
  story.requires(isSecret(opened!), 'what was encrypted is decrypted, and with another context it is not', opened)
  const blob = await showReEncrypt(story, kms, {
    CiphertextBlob,
    SourceEncryptionContext: order.EncryptionContext,
    DestinationKeyId: id,
  })
  await showDataKey(story, kms, id)
  return { arn, id, plain, blob }
}

const isSecret = (output: Output): boolean =>
  Buffer.from(textAt(output, 'Plaintext'), 'base64').toString() === 'a secret'

type Kms = (operation: string, input: object, ...show: readonly string[]) => Act

async function showReEncrypt(story: Story, kms: Kms, input: object): Promise<FileValue> {
  const again = await story.does(kms('ReEncrypt', input, 'CiphertextBlob'))
  const CiphertextBlob = savedBytes(story, again, 'CiphertextBlob', 'secret.blob')
  const opened = await story.does(kms('Decrypt', { CiphertextBlob }, 'Plaintext'))
  story.requires(isSecret(opened), 'what was re-encrypted is decrypted, now without a context', opened)
  return CiphertextBlob
}

async function showDataKey(story: Story, kms: Kms, keyId: string): Promise<void> {
  const dataKey = await story.does(kms('GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' }, 'CiphertextBlob'))
  const CiphertextBlob = savedBytes(story, dataKey, 'CiphertextBlob', 'data-key.blob')
  const opened = await story.does(kms('Decrypt', { CiphertextBlob }, 'Plaintext'))
  const [made, found] = [textAt(dataKey, 'Plaintext'), textAt(opened, 'Plaintext')]
  story.requires(
    made === found && Buffer.from(made, 'base64').length === 32,
    'the data key of 32 bytes comes back out of its ciphertext',
    [made.length, found.length],
  )
}
