import { chooseClient } from '../demo/choose-client.ts'
import { DemoFailure } from '../demo/demo-failure.ts'
import { DemoFolder } from '../demo/demo-folder.ts'
import { DemoServer } from '../demo/demo-server.ts'
import { endWhenInterrupted } from '../demo/interruption.ts'
import { namespaceObstacle, runInNamespace } from '../demo/namespace.ts'
import { Programs } from '../demo/programs.ts'
import { namespaceStep } from '../demo/steps/11-namespace.ts'
import { Story } from '../demo/story.ts'
import { tellStory } from '../demo/tell-story.ts'
import { wrapped } from '../demo/short-text.ts'
import { hasFlag } from '../command.ts'
import type { Command, Terminal } from '../command.ts'

/** `postern demo`: the story of a private endpoint, with real calls and their real results. */
export const demoCommand: Command = {
  name: 'demo',
  summary:
    'Starts a server of its own and tells the story of a private endpoint with real calls; exits with 1 where a step is not as told.',
  usage: '',
  options: [{ name: 'namespace-part', text: 'Only the part inside a network namespace (the demo runs it by itself)' }],
  async run(given, terminal) {
    const programs = new Programs()
    using folder = new DemoFolder()
    endWhenInterrupted(async () => {
      await programs.end()
      folder[Symbol.dispose]()
    })
    const client = await chooseClient(programs)
    const story = new Story(client, folder, terminal.out)
    if (hasFlag(given, 'namespace-part')) return await tell(story, terminal, () => namespaceStep(story, programs))
    terminal.out(`The demo speaks to Postern through ${client.name}.\n`)
    const told = await tell(story, terminal, async () => {
      await using server = await DemoServer.prepare(folder, programs, { standardPorts: false })
      await tellStory(story, server)
    })
    if (told !== 0) return told
    // Not before it has ended is the folder removed.
    return await tellEnd(story, terminal, { folder, programs })
  },
}

/** Tells, and says what was not as told. */
async function tell(story: Story, terminal: Terminal, run: () => Promise<void>): Promise<number> {
  try {
    await run()
    return 0
  } catch (error) {
    const difference =
      error instanceof DemoFailure
        ? error.difference
        : { at: 'the demo', expected: 'no fault', came: error instanceof Error ? error.stack! : String(error) }
    terminal.error(`\npostern: The demo is not as told, in step ${story.titles.at(-1) ?? '0'}\n`)
    for (const name of ['at', 'expected', 'came'] as const)
      terminal.error(wrapped(`${name.padEnd(10)}${difference[name]}`, '  ', ' '.repeat(12)))
    return 1
  }
}

async function tellEnd(
  story: Story,
  terminal: Terminal,
  { folder, programs }: { readonly folder: DemoFolder; readonly programs: Programs },
): Promise<number> {
  const obstacle = await namespaceObstacle(folder, programs)
  if (obstacle === undefined) {
    const code = await runInNamespace(folder, programs)
    if (code !== 0) return code
  } else {
    const leftOut = `Left out: 11. the standard name on port 443 inside a VPC, because ${obstacle}.`
    terminal.out(`\n${wrapped(leftOut, '')}`)
  }
  const steps = story.titles.length + (obstacle === undefined ? 1 : 0)
  terminal.out(
    `\n${steps} steps, all as told: ${story.made.length} calls and ${story.checks} checks${obstacle === undefined ? ' outside the namespace' : ''}.\n`,
  )
  return 0
}
