import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ConfigError, nearestWord, parseArn } from '../../base/index.ts'
import { formatWarning, policyKinds, policyWarnings, principalsOfPolicy, reviewPolicy } from '../../policy/index.ts'
import type { PolicyKind, PolicyWarning } from '../../policy/index.ts'
import { compileOfKind, policyDocumentFault } from '../../services/index.ts'
import type { PolicyDocumentFault } from '../../services/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, requiredOption } from '../command.ts'
import type { Command, Given, Terminal } from '../command.ts'
import { readNamedFile } from '../file-access.ts'

/** `postern policy check`: what the service would refuse a document for, and what a careful engineer would ask about it. */
export const policyCheckCommand: Command = {
  name: 'policy check',
  summary:
    'Checks a policy document: the error that the service would give, and warnings about what is seldom meant. Exits with 1 if there is something.',
  usage: 'FILE --kind key|identity|endpoint|trust|scp|rcp',
  positionals: ['FILE'],
  options: [
    { name: 'kind', form: 'KIND', text: `What it is the policy of: ${policyKinds.join(', ')}` },
    { name: 'accept', form: 'WARNING', many: true, text: 'Accept warnings of this name; may be given again' },
    ...serverOptions.map(option =>
      option.name === 'data-dir'
        ? {
            ...option,
            text: 'Of a running server, which is asked whether the principals exist; without it nobody looks',
          }
        : option,
    ),
    { name: 'json', text: 'As JSON' },
  ],
  async run(given, terminal) {
    const checked = await check(given, terminal)
    const isGood = checked.error === undefined && checked.warnings.length === 0
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(checked, null, 2)}\n` : format(checked))
    return isGood ? 0 : 1
  },
}

/** What came of a check. JSON. */
interface Checked {
  readonly file: string
  readonly kind: PolicyKind
  readonly error?: PolicyDocumentFault
  readonly warnings: readonly PolicyWarning[]
  readonly accepted: readonly PolicyWarning[]
  readonly principalsLookedUp: boolean
}

async function check(given: Given, terminal: Terminal): Promise<Checked> {
  const [file] = given.positionals
  if (file === undefined)
    throw new ConfigError(`Name the file of the policy: see "postern ${policyCheckCommand.name} --help"`)
  const kind = kindOf(requiredOption(given, 'kind', policyCheckCommand.name))
  const accepted = acceptedNames(given)
  const text = readNamedFile(file)
  const syntax = await policyDocumentFault(kind, text, everybody)
  if (syntax !== undefined) return { file, kind, error: syntax, warnings: [], accepted: [], principalsLookedUp: false }
  const policy = compileOfKind(kind, text, { name: file })
  const unknown = await lookUp(principalsOfPolicy(policy, kind), given, terminal)
  const error = unknown === undefined ? undefined : await policyDocumentFault(kind, text, allBut(unknown))
  const found = reviewPolicy(policy, kind, unknown === undefined ? {} : { unknownPrincipals: unknown })
  return {
    file,
    kind,
    ...(error === undefined ? {} : { error }),
    warnings: found.filter(({ warning }) => !accepted.has(warning)),
    accepted: found.filter(({ warning }) => accepted.has(warning)),
    principalsLookedUp: unknown !== undefined,
  }
}

function kindOf(text: string): PolicyKind {
  const kind = policyKinds.find(each => each === text)
  if (kind === undefined) throw new ConfigError(`There is no kind "${text}": give one of ${policyKinds.join(', ')}`)
  return kind
}

function acceptedNames(given: Given): ReadonlySet<string> {
  const names = policyWarnings.map(({ name }) => name)
  const accepted = given.flags.get('accept') ?? []
  const unknown = accepted.find(name => !names.includes(name))
  if (unknown === undefined) return new Set(accepted)
  const near = nearestWord(unknown, names)
  throw new ConfigError(
    `There is no warning "${unknown}": ${near === undefined ? `there are ${names.join(', ')}` : `did you mean "${near}"?`}`,
  )
}

/** The principals that do not exist, where a server is named that can tell. */
async function lookUp(
  names: readonly string[],
  given: Given,
  terminal: Terminal,
): Promise<ReadonlySet<string> | undefined> {
  if (!serverOptions.some(({ name }) => given.flags.has(name))) return undefined
  const { unknown } = await askServer<{ readonly unknown: readonly string[] }>(
    dataDirectoryOf(given, terminal),
    '/principals/unknown',
    { names },
  )
  return new Set(unknown)
}

/** A directory in which all exist but these. */
function allBut(unknown: ReadonlySet<string>): PrincipalDirectory {
  const idOf = (isUnknown: boolean): string | undefined => (isUnknown ? undefined : 'AIDAEXAMPLE')
  const isSessionOf = (name: string, account: string, role: string): boolean => {
    const arn = parseArn(name)
    return arn?.account === account && arn.resource.startsWith(`assumed-role/${role}/`)
  }
  return {
    uniqueIdOf: async arn => idOf(unknown.has(arn)),
    arnOf: async id => idOf(unknown.has(id)),
    roleIdOf: async (account, role) => idOf([...unknown].some(name => isSessionOf(name, account, role))),
  }
}

const everybody = allBut(new Set())

function format({ file, kind, error, warnings, accepted, principalsLookedUp }: Checked): string {
  const lines = [
    ...(error === undefined
      ? []
      : [`error: ${error.code}: ${error.message}${error.detail === undefined ? '' : ` (${error.detail})`}`]),
    ...warnings.map(warning => `warning: ${formatWarning(warning)}`),
    ...accepted.map(warning => `accepted: ${formatWarning(warning)}`),
    ...(error === undefined && !principalsLookedUp
      ? ['note: nobody looked whether its principals exist: name a running server with --data-dir']
      : []),
  ]
  const isGood = error === undefined && warnings.length === 0
  return `${file}, ${titles[kind]}: ${isGood ? 'nothing to say' : countOf(error, warnings)}\n${lines.map(line => `  ${line}\n`).join('')}`
}

const titles: Readonly<Record<PolicyKind, string>> = {
  key: 'key policy',
  identity: 'identity policy',
  endpoint: 'endpoint policy',
  trust: 'trust policy',
  scp: 'service control policy',
  rcp: 'resource control policy',
}

function countOf(error: PolicyDocumentFault | undefined, warnings: readonly PolicyWarning[]): string {
  const counted = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  if (error === undefined) return counted
  return warnings.length === 0 ? 'refused' : `refused, ${counted}`
}
