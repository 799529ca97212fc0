import { answers, callOf } from '../act.ts'
import { through } from '../askers.ts'
import { defaultPolicy, readEndpointPolicy } from '../endpoint-policy.ts'
import type { Scene } from '../scene.ts'
import { textAt } from '../short-text.ts'
import type { Story } from '../story.ts'

/** Step 1, its second sentence: a restart finds everything again. */
export async function restartStep(
  story: Story,
  { server, admin, network, key }: Scene,
  keyPolicy: string,
): Promise<void> {
  story.step(10, 'A restart finds everything again')
  await server.stop()
  story.say('The server has ended at SIGTERM. What it left on disk:')
  await story.postern(server, ['trail', 'verify', '--root-key', server.rootKey], 'The trail is whole')
  await server.start()
  await story.postern(server, ['status'], 'ready', network.endpointId, 'available')
  story.say('The credentials from before go on; the key, its alias, its policy and the endpoint are there:')
  const inside = through(admin, network)
  const getPolicy = callOf(inside, 'kms', 'GetKeyPolicy', { KeyId: key.id, PolicyName: 'default' })
  const [opened, , policy] = await story.together([
    answers(callOf(inside, 'kms', 'Decrypt', { CiphertextBlob: key.blob }), 'Plaintext', 'KeyId'),
    answers(
      callOf(inside, 'kms', 'GenerateDataKeyWithoutPlaintext', { KeyId: 'alias/demo', KeySpec: 'AES_256' }),
      'CiphertextBlob',
    ),
    answers({ ...getPolicy, query: { text: 'Policy', pick: output => textAt(output, 'Policy') } }),
  ])
  const text = Buffer.from(textAt(opened, 'Plaintext'), 'base64').toString()
  story.requires(text === 'a secret', 'what was encrypted before is decrypted', text)
  story.requires(textAt(policy, 'Text') === keyPolicy, "the key's policy is the same, byte for byte", policy)
  const after = await readEndpointPolicy(story, admin, network.endpointId)
  story.requires(after === defaultPolicy, 'the endpoint policy is the default one, as it was left', after)
}
