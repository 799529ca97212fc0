import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ConfigError, SecretBytes } from '../base/index.ts'
import { passphraseVariable } from '../server/settings/index.ts'
import type { RootKeySource } from '../server/index.ts'
import type { Terminal } from './command.ts'
import { takeVariable } from './guard-process.ts'

/** What the passphrase is read for. */
export interface PassphraseOptions {
  /** Whether it is chosen now: then a terminal is asked twice, because nothing else would find a slip of the finger. */
  readonly isNew?: boolean
}

/** Reads the passphrase from where the configuration says; `undefined` where the root key is in a file. @throws {ConfigError} */
export async function readPassphrase(
  source: RootKeySource,
  terminal: Terminal,
  options: PassphraseOptions = {},
): Promise<SecretBytes | undefined> {
  switch (source.kind) {
    case 'file':
      return undefined
    case 'passphrase-fd':
      return checked(readDescriptor(source.descriptor), `file descriptor ${source.descriptor}`)
    case 'passphrase-environment':
      return checked(takeVariable(passphraseVariable) ?? '', passphraseVariable)
    case 'passphrase-prompt':
      return options.isNew === true ? askForNew(terminal) : ask('Passphrase of the root key: ', terminal)
  }
}

async function ask(question: string, terminal: Terminal): Promise<SecretBytes> {
  return checked(await prompt(question, terminal), 'the terminal')
}

async function askForNew(terminal: Terminal): Promise<SecretBytes> {
  const passphrase = await ask('New passphrase of the root key: ', terminal)
  const again = await ask('The same once more: ', terminal)
  const isSame = passphrase.isSameAs(again)
  again.wipe()
  if (!isSame) throw new ConfigError('The two passphrases differ, and nothing was done: begin again')
  return passphrase
}

function checked(text: string, place: string): SecretBytes {
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase.length < 12)
    throw new ConfigError(`The passphrase from ${place} is too short: it needs 12 characters or more`)
  return new SecretBytes(Buffer.from(passphrase, 'utf8'))
}

function readDescriptor(descriptor: number): string {
  try {
    return readFileSync(descriptor, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the passphrase from file descriptor ${descriptor}: is it open?`, { cause })
  }
}

function prompt(question: string, terminal: Terminal): Promise<string> {
  if (!terminal.isInteractive)
    throw new ConfigError('Cannot ask for the passphrase: this is no terminal. Use --passphrase-fd')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true })
  // Only now: from here on the terminal shows nothing of what is typed.
  terminal.error(question)
  return new Promise((resolve, reject) => {
    // Also at Ctrl-C and Ctrl-D; after an answer it changes nothing.
    reader.once('close', () => {
      terminal.error('\n')
      reject(new ConfigError('No passphrase was given'))
    })
    reader.question('', answer => {
      resolve(answer)
      reader.close()
    })
  })
}
