import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError, formatInstant } from '../../base/index.ts'
import { describeAuthorities } from '../../network/index.ts'
import type { DescribedAuthority } from '../../network/index.ts'
import { dataFiles } from '../../server/index.ts'
import { dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf } from '../command.ts'
import type { Command } from '../command.ts'
import { isThere, noRights } from '../file-access.ts'
import { permittedText } from '../permitted-text.ts'
import { writeCertificates } from '../write-certificates.ts'

/** `postern ca`: what clients must trust. */
export const caCommand: Command = {
  name: 'ca',
  summary:
    'Shows the certificate authority that clients must trust, and what it may serve. The server may run or not. See also ca export, ca renew and ca retire.',
  usage: '',
  options: [...serverOptions, { name: 'json', text: 'As a JSON array, the authority that issues first' }],
  async run(given, terminal) {
    const authorities = readAuthorities(dataFiles.authority(dataDirectoryOf(given, terminal)))
    terminal.out(
      hasFlag(given, 'json') ? jsonOf(authorities) : authorities.map(each => format(each, authorities[0]!)).join('\n'),
    )
    return 0
  },
}

/** `postern ca export`: the certificates for clients. */
export const caExportCommand: Command = {
  name: 'ca export',
  summary:
    'Prints the certificates that clients must trust, PEM: of the authority that issues, the one that is staged and former ones. The server may run or not.',
  usage: '[--bundle] [--out FILE]',
  options: [
    ...serverOptions,
    {
      name: 'bundle',
      text: 'With all that this machine trusts, for programs whose list takes the place of the system’s',
    },
    { name: 'out', form: 'FILE', text: 'Write them to this file; one with other certificates is replaced' },
  ],
  async run(given, terminal) {
    const directory = dataDirectoryOf(given, terminal)
    const text = readPublished(hasFlag(given, 'bundle') ? dataFiles.bundle(directory) : dataFiles.authority(directory))
    const out = optionOf(given, 'out')
    if (out === undefined) terminal.out(text)
    else {
      const path = resolve(out)
      writeCertificates(path, text)
      terminal.out(`The certificates are in ${path}\n`)
    }
    return 0
  },
}

function readAuthorities(path: string): readonly DescribedAuthority[] {
  const text = readPublished(path)
  try {
    return describeAuthorities(text)
  } catch (cause) {
    throw new ConfigError(`${path} is not as the server wrote it: its next start writes it again`, { cause })
  }
}

/** A file that the server keeps in its data directory for clients. */
function readPublished(path: string): string {
  if (!isThere(path))
    throw new ConfigError(`There is no ${path}: start the server once, or name another place with --data-dir`)
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw noRights(path, cause)
  }
}

function jsonOf(authorities: readonly DescribedAuthority[]): string {
  const shown = authorities.map(({ notBefore, notAfter, pem: _pem, ...each }) => ({
    ...each,
    notBefore: formatInstant(notBefore),
    notAfter: formatInstant(notAfter),
  }))
  return `${JSON.stringify(shown, null, 2)}\n`
}

const roles: Readonly<Record<DescribedAuthority['role'], string>> = {
  issuing: 'issues all certificates',
  staged: 'is staged: issues none yet',
  former: 'issues no more, and is still trusted',
}

function format(authority: DescribedAuthority, issuing: DescribedAuthority): string {
  const { role, subject, fingerprint, notBefore, notAfter } = authority
  const permitted = permittedText(authority)
  const isTheSame = authority !== issuing && permitted.join() === permittedText(issuing).join()
  return [
    `${subject}  ${roles[role]}`,
    `  SHA-256  ${fingerprint}`,
    `  valid    ${formatInstant(notBefore)} to ${formatInstant(notAfter)}`,
    ...(isTheSame ? ['names and blocks as above'] : permitted).map(line => `  ${line}`),
    '',
  ].join('\n')
}
