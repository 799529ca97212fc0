import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'

/** Keeps what is in the memory of this process in there, as far as a process can: a server holds keys. */
export function guardProcess(warn: Warn = toStandardError): void {
  // Node would open a debugger at this signal, which reads everything; nothing else is done with it.
  process.on('SIGUSR1', () => undefined)
  // A core dump would have all keys in it: none of the memory goes into one.
  if (process.platform !== 'linux') return
  // A process that was given a capability (to bind port 443, say) may not write there, and makes no core dumps of itself.
  tryOrWarn('its memory may be in a core dump: run it with "ulimit -c 0"', warn, () =>
    writeFileSync('/proc/self/coredump_filter', '0'),
  )
}

type Warn = (text: string) => void

const toStandardError: Warn = text => void process.stderr.write(text)

function tryOrWarn(consequence: string, warn: Warn, act: () => void): void {
  try {
    act()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    warn(`postern: Warning: ${consequence} (${reason})\n`)
  }
}

/**
 * Takes a variable from the environment and gives its value. Children do not inherit it, and `/proc/PID/environ`, which keeps
 * showing what a process was started with, no longer has the value.
 */
export function takeVariable(name: string, warn: Warn = toStandardError): string | undefined {
  const value = process.env[name]
  if (value === undefined) return undefined
  delete process.env[name]
  if (process.platform === 'linux') {
    const consequence = `${name} stays to be seen in /proc/${process.pid}/environ: use --passphrase-fd`
    tryOrWarn(consequence, warn, () => blankStartValue(name))
  }
  return value
}

// Linux shows the block that the variables were handed over in, whatever became of them: so it is written over there.
function blankStartValue(name: string): void {
  const block = readFileSync('/proc/self/environ')
  const entry = Buffer.from(`${name}=`)
  for (let at = 0; at < block.length; at = block.indexOf(0, at) + 1) {
    if (!block.subarray(at, at + entry.length).equals(entry)) continue
    const from = at + entry.length
    const blanks = Buffer.alloc(block.indexOf(0, at) - from, 'x')
    const memory = openSync('/proc/self/mem', 'r+')
    writeSync(memory, blanks, 0, blanks.length, startOfEnvironment() + from)
    closeSync(memory)
  }
  block.fill(0)
}

/** Where that block begins: field 50 of proc_pid_stat(5). The second one is a name, in which there may be blanks. */
function startOfEnvironment(): number {
  const text = readFileSync('/proc/self/stat', 'utf8')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[50 - 3])
}
