// The network helper of a server that an ordinary user runs: inside the user namespace of the holder, where it may do everything.
import { channelOf } from './helper-channel.ts'
import { NetworkHelper } from './network-helper.ts'
import { runProgram } from './run-program.ts'

const [, , installation = ''] = process.argv

// It ends with its server, and not before: a Ctrl-C on the terminal is for the server, which closes its doors first.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)

const channel = channelOf(process)
const helper = new NetworkHelper(channel, { installation, foreign: new Map(), run: runProgram })
channel.onEnd(() => {
  helper[Symbol.dispose]()
  process.exit()
})
