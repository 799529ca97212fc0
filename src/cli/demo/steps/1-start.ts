import { callOf, answers } from '../act.ts'
import type { Asker } from '../aws-client.ts'
import { commandText } from '../command-text.ts'
import type { DemoServer } from '../demo-server.ts'
import { textAt } from '../short-text.ts'
import { showEnvironment } from '../show-environment.ts'
import type { Story } from '../story.ts'

/** Step 1: the server starts, says where it serves, how to trust it and how to use it. */
export async function startStep(
  story: Story,
  server: DemoServer,
): Promise<{ readonly admin: Asker; readonly account: string }> {
  story.step(1, 'The server starts: its URL, how to trust it, how to use it')
  story.say('"npm ci && npm start" runs the same with its defaults; here everything is in a folder of the demo.')
  const welcome = await server.start()
  story.shows(`${commandText('postern', server.words)} &`, welcome.trim())
  for (const [text, sentence] of [
    ['https://127.0.0.1:', "it says the API's URL"],
    [server.authority, 'it says what to trust it with'],
    [`env --data-dir '${server.dataDirectory}'`, 'it says how to use it'],
  ] as const)
    story.requires(welcome.includes(text), sentence, welcome)
  await showEnvironment(story, server)
  const admin = await server.administrator()
  const caller = await story.does(answers(callOf(admin, 'sts', 'GetCallerIdentity'), 'Account', 'Arn'))
  return { admin, account: textAt(caller, 'Account') }
}
