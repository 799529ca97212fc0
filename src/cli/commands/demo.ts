import { chooseClient } from '../demo/aws-client.ts'
import { DemoServer } from '../demo/demo-server.ts'
import { namespaceObstacle, runInNamespace, tellNamespacePart } from '../demo/namespace.ts'
import { DemoFailure, Story } from '../demo/story.ts'
import { tellStory } from '../demo/tell-story.ts'
import { hasFlag } from '../command.ts'
import type { Command } from '../command.ts'

/** `postern demo`: the story of a private endpoint, with real calls and their real results. */
export const demoCommand: Command = {
  name: 'demo',
  summary:
    'Starts a server of its own and tells the story of a private endpoint with real calls; exits with 1 where a step is not as told.',
  usage: '',
  options: [{ name: 'namespace-part', text: 'Only the part inside a network namespace (the demo runs it by itself)' }],
  async run(given, terminal) {
    const client = await chooseClient()
    const story = new Story(client, terminal.out)
    try {
      if (hasFlag(given, 'namespace-part')) {
        await tellNamespacePart(story)
        return 0
      }
      terminal.out(`The demo speaks to Postern through ${client.name}.\n`)
      await using server = await DemoServer.open({ standardPorts: false })
      await server.start()
      await tellStory(story, server)
    } catch (error) {
      if (!(error instanceof DemoFailure)) throw error
      terminal.error(`\npostern: The demo did not go as told: ${error.message}\n`)
      return 1
    }
    const obstacle = await namespaceObstacle()
    if (obstacle !== undefined) {
      terminal.out(`\nLeft out: the standard name on port 443 inside a network namespace, because ${obstacle}.\n`)
      return 0
    }
    return runInNamespace()
  },
}
