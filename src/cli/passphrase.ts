import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ConfigError, SecretBytes } from '../base/index.ts'
import { passphraseVariable } from '../server/index.ts'
import type { RootKeySource } from '../server/index.ts'
import type { Terminal } from './command.ts'
import { takeVariable } from './guard-process.ts'

/** Reads the passphrase from where the configuration says; `undefined` where the root key is in a file. @throws {ConfigError} */
export async function readPassphrase(source: RootKeySource, terminal: Terminal): Promise<SecretBytes | undefined> {
  switch (source.kind) {
    case 'file':
      return undefined
    case 'passphrase-fd':
      return checked(readDescriptor(source.descriptor), `file descriptor ${source.descriptor}`)
    case 'passphrase-environment':
      return checked(takeVariable(passphraseVariable) ?? '', passphraseVariable)
    case 'passphrase-prompt':
      return checked(await prompt('Passphrase of the root key: ', terminal), 'the terminal')
  }
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
  terminal.error(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true })
  return new Promise(resolve => {
    reader.question('', answer => {
      reader.close()
      terminal.error('\n')
      resolve(answer)
    })
  })
}
