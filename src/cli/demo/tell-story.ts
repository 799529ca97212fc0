import { through } from './askers.ts'
import type { DemoServer } from './demo-server.ts'
import { startStep } from './steps/1-start.ts'
import { endpointStep } from './steps/2-endpoint.ts'
import { doorsStep } from './steps/3-doors.ts'
import { cryptographyStep } from './steps/4-cryptography.ts'
import { endpointPolicyStep } from './steps/5-endpoint-policy.ts'
import { iamPolicyStep } from './steps/6-iam-policy.ts'
import { keyPolicyStep } from './steps/6-key-policy.ts'
import { bothSourcesStep } from './steps/7-both-sources.ts'
import { trailStep } from './steps/8-trail.ts'
import { explainStep } from './steps/9-explain.ts'
import { restartStep } from './steps/10-restart.ts'
import type { Story } from './story.ts'

/** The whole story of a private endpoint. */
export async function tellStory(story: Story, server: DemoServer): Promise<void> {
  const { admin, account } = await startStep(story, server)
  const network = await endpointStep(story, server, admin)
  const inside = through(admin, network)
  await doorsStep(story, server, { inside, network })
  const key = await cryptographyStep(story, inside)
  const scene = { server, account, admin, inside, network, key }
  const people = await endpointPolicyStep(story, scene)
  const other = await keyPolicyStep(story, scene)
  await iamPolicyStep(story, scene, people, other)
  await bothSourcesStep(story, scene, people)
  const records = await trailStep(story, scene, people)
  await explainStep(story, scene, other, records)
  await restartStep(story, scene, other.keyPolicy)
}
