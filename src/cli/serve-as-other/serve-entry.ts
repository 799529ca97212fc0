// The server of `postern serve` where root has started it: this process holds the keys, and is another user's.
import { channelOf } from '../../network/index.ts'
import { guardProcess } from '../guard-process.ts'
import { serve, serveCommand } from '../commands/serve.ts'
import { runCommand, terminalOfProcess } from '../main.ts'

const channel = channelOf(process)
const command = {
  ...serveCommand,
  run: (given, terminal) => serve(given, terminal, channel),
} satisfies typeof serveCommand

guardProcess()
try {
  if (process.getuid?.() === 0 || process.getgroups?.().includes(0) === true)
    throw new TypeError('The process that holds keys is still root')
  process.exitCode = await runCommand(command, process.argv.slice(2), terminalOfProcess())
} catch (error) {
  process.stderr.write(`postern: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 70
}
channel.close()
