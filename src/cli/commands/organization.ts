import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError, JsonSyntaxError, parseStrictJson } from '../../base/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, requiredOption } from '../command.ts'
import type { Command } from '../command.ts'
import type { ShownOrganization, ShownUnit } from '../../server/index.ts'

/** `postern organization apply`: the organization as a file describes it. */
export const organizationApplyCommand: Command = {
  name: 'organization apply',
  summary:
    'Makes the organization as a JSON file describes it, or replaces the one that is there, all at once. The policies that the file names are read beside it.',
  usage: '--file organization.json',
  options: [
    ...serverOptions,
    {
      name: 'file',
      form: 'FILE',
      text: 'The description: managementAccount, and root with units, accounts and policies',
    },
    { name: 'json', text: 'The organization as it is now, as JSON' },
  ],
  async run(given, terminal) {
    const file = resolve(requiredOption(given, 'file', this.name))
    const request = readDescription(file)
    const applied = await askServer<ShownOrganization>(dataDirectoryOf(given, terminal), '/organization/apply', request)
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(applied, null, 2)}\n` : format(applied))
    return 0
  },
}

/** `postern organization show`. */
export const organizationShowCommand: Command = {
  name: 'organization show',
  summary: 'Shows the organization: its units with their paths, its accounts, and what is attached where.',
  usage: '',
  options: [...serverOptions, { name: 'json', text: 'As JSON, with the documents of the policies' }],
  async run(given, terminal) {
    const shown = await askServer<ShownOrganization>(dataDirectoryOf(given, terminal), '/organization/show')
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(shown, null, 2)}\n` : format(shown))
    return 0
  },
}

/** `postern organization remove`. */
export const organizationRemoveCommand: Command = {
  name: 'organization remove',
  summary: 'Does away with the organization: its policies no longer limit anybody. Its accounts stay.',
  usage: '',
  options: [...serverOptions, { name: 'json', text: 'As a JSON object' }],
  async run(given, terminal) {
    const removed = await askServer<{ id: string }>(dataDirectoryOf(given, terminal), '/organization/remove')
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(removed, null, 2)}\n`)
    else terminal.out(`Organization ${removed.id} is no more. Its accounts are as they were.\n`)
    return 0
  },
}

interface ApplyRequest {
  readonly description: unknown
  readonly servicePolicies: Readonly<Record<string, string>>
  readonly resourcePolicies: Readonly<Record<string, string>>
}

/** Reads the description and the documents that it names. What the description says is for the server to check. */
function readDescription(file: string): ApplyRequest {
  const text = readText(file, `Cannot read ${file}`)
  let description
  try {
    description = parseStrictJson(text)
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause
    throw new ConfigError(`Cannot read ${file}:${cause.line}:${cause.column}: no valid JSON, ${cause.message}`, {
      cause,
    })
  }
  const documents = (member: string): Record<string, string> => {
    const references = [...new Set(referencesIn(description, member))]
    return Object.fromEntries(
      references.map(reference => [
        reference,
        readText(resolve(dirname(file), reference), `Cannot read the policy "${reference}" that ${file} names`),
      ]),
    )
  }
  return {
    description,
    servicePolicies: documents('servicePolicies'),
    resourcePolicies: documents('resourcePolicies'),
  }
}

// These are AWS's own, and no files.
const fullAccess = new Set(['FullAWSAccess', 'RCPFullAWSAccess'])

/** The texts in all lists of that name, however deep. */
function referencesIn(value: unknown, member: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (name !== member || !Array.isArray(inner)) return referencesIn(inner, member)
    return inner.filter((each): each is string => typeof each === 'string' && !fullAccess.has(each))
  })
}

function readText(path: string, problem: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(`${problem}: check the path and its mode`, { cause })
  }
}

function format({ id, managementAccount, root, policies }: ShownOrganization): string {
  const lines = [
    `Organization ${id}, managed by account ${managementAccount}`,
    ...unitLines(root, managementAccount, 'root', ''),
    ...policies.map(({ type, name, arn }) => `${type} control policy ${name}  ${arn}`),
  ]
  return `${lines.join('\n')}\n`
}

function unitLines(unit: ShownUnit, managementAccount: string, title: string, indent: string): readonly string[] {
  const inner = `${indent}  `
  return [
    `${indent}${title}  ${unit.path}  ${attachedText(unit)}`,
    ...unit.accounts.map(account =>
      account.id === managementAccount
        ? `${inner}account ${account.id}  (manages, and is not limited)`
        : `${inner}account ${account.id}  ${attachedText(account)}`,
    ),
    ...unit.units.flatMap(child => unitLines(child, managementAccount, `unit ${child.name}`, inner)),
  ]
}

const attachedText = ({
  servicePolicies,
  resourcePolicies,
}: Pick<ShownUnit, 'servicePolicies' | 'resourcePolicies'>): string =>
  [...servicePolicies, ...resourcePolicies].join(', ')
