// Writes src/wire/models/<service>.ts from the schemas that the AWS SDK publishes, with the constraints of
// scripts/models/constraints.json merged in. `--check` compares with what is there instead of writing.
import { readFileSync, writeFileSync } from 'node:fs'
import { NormalizedSchema } from '@smithy/core/schema'
import * as cloudtrail from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import * as iam from '@aws-sdk/client-iam'
import * as kms from '@aws-sdk/client-kms'
import * as sts from '@aws-sdk/client-sts'
import type { MemberShape, OperationShapes, ServiceModel, StructureShape } from '../src/wire/service-model.ts'
import type { ServiceName } from '../src/wire/service-name.ts'

/** Limits of members that the SDK's schemas leave out: by service, then `Shape.Member`. */
type Constraints = Readonly<
  Record<string, Readonly<Record<string, Partial<MemberShape> & { readonly each?: Partial<MemberShape> }>>>
>

interface Source {
  readonly service: ServiceName
  readonly protocol: ServiceModel['protocol']
  readonly sdk: Readonly<Record<string, unknown>>
  readonly settings: { readonly version: string; readonly xmlNamespace: string }
}

const region = 'us-east-1'
const settingsOf = (client: { readonly config: object }): Source['settings'] =>
  (client.config as { readonly protocolSettings: Source['settings'] }).protocolSettings

const sources: readonly Source[] = [
  { service: 'kms', protocol: 'json', sdk: kms, settings: settingsOf(new kms.KMSClient({ region })) },
  {
    service: 'cloudtrail',
    protocol: 'json',
    sdk: cloudtrail,
    settings: settingsOf(new cloudtrail.CloudTrailClient({ region })),
  },
  { service: 'ec2', protocol: 'ec2', sdk: ec2, settings: settingsOf(new ec2.EC2Client({ region })) },
  { service: 'iam', protocol: 'query', sdk: iam, settings: settingsOf(new iam.IAMClient({ region })) },
  { service: 'sts', protocol: 'query', sdk: sts, settings: settingsOf(new sts.STSClient({ region })) },
]

const readData = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`models/${name}.json`, import.meta.url), 'utf8'))
const wanted = readData('operations') as Readonly<Record<string, readonly string[]>>
const constraints = readData('constraints') as Constraints

type Operation = readonly [kind: 9, namespace: string, name: string, traits: unknown, input: unknown, output: unknown]

function buildModel(source: Source): ServiceModel {
  const structures: Record<string, StructureShape> = {}
  const operations: Record<string, OperationShapes> = {}
  const isOperation = (value: unknown): value is Operation => Array.isArray(value) && value[0] === 9
  const list = wanted[source.service] ?? []
  for (const [, , name, , input, output] of Object.values(source.sdk).filter(isOperation)) {
    if (!list.includes(name)) continue
    const answer = addStructure(NormalizedSchema.of(output as never), structures, source)
    operations[name] = {
      input: addInput(name, NormalizedSchema.of(input as never), structures, source),
      ...(isNothing(answer) ? {} : { output: answer }),
    }
  }
  requireMembers(source.service, structures)
  const { version, xmlNamespace } = source.settings
  return {
    service: source.service,
    protocol: source.protocol,
    version,
    xmlNamespace,
    operations: sorted(operations),
    structures: sorted(structures),
  }
}

/** A limit of a member that there is not would be one that nobody keeps. */
function requireMembers(service: ServiceName, structures: Readonly<Record<string, StructureShape>>): void {
  for (const key of Object.keys(constraints[service] ?? {})) {
    const [name = '', member = ''] = key.split('.')
    // There are limits of operations, too, that are not served yet.
    if (structures[name] !== undefined && structures[name][member] === undefined)
      throw new Error(`scripts/models/constraints.json: ${service} has no ${key}`)
  }
}

/** What is taken always has a shape: an operation that takes nothing gets one without members, named as AWS names the others. */
function addInput(
  operation: string,
  schema: NormalizedSchema,
  structures: Record<string, StructureShape>,
  source: Source,
): string {
  const name = addStructure(schema, structures, source)
  if (!isNothing(name)) return name
  structures[`${operation}Request`] = {}
  return `${operation}Request`
}

// The SDK's word for an operation that takes nothing, or answers with nothing.
const isNothing = (name: string): boolean => name.toLowerCase() === 'unit'

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

function addStructure(schema: NormalizedSchema, structures: Record<string, StructureShape>, source: Source): string {
  const name = schema.getName()!.replace(/^_+/, '')
  if (isNothing(name) || structures[name] !== undefined) return name
  const members: Record<string, MemberShape> = {}
  // Set before the members: a structure may hold itself.
  structures[name] = members
  const raw = schema.getSchema() as readonly unknown[]
  const requiredCount = (raw[6] as number | undefined) ?? 0
  let index = 0
  for (const [member, memberSchema] of schema.structIterator()) {
    const limits = constraints[source.service]?.[`${name}.${member}`] ?? {}
    const { each, ...own } = limits
    const shape = memberShape(memberSchema, structures, source, member)
    const of = each === undefined || shape.of === undefined ? {} : { of: { ...shape.of, ...each } }
    members[member] = { ...shape, ...of, ...own, ...(index++ < requiredCount ? { required: true as const } : {}) }
  }
  return name
}

function memberShape(
  schema: NormalizedSchema,
  structures: Record<string, StructureShape>,
  source: Source,
  name: string,
): MemberShape {
  const traits = schema.getMergedTraits() as {
    readonly sensitive?: 1
    readonly xmlName?: string
    readonly ec2QueryName?: string
  }
  const names = {
    ...(traits.sensitive === undefined ? {} : { sensitive: true as const }),
    ...wireNames(traits, source.protocol, name),
  }
  if (schema.isListSchema())
    return { type: 'list', ...names, of: memberShape(schema.getValueSchema(), structures, source, 'member') }
  if (schema.isMapSchema())
    return { type: 'map', ...names, of: memberShape(schema.getValueSchema(), structures, source, 'value') }
  if (schema.isStructSchema()) return { type: 'structure', ...names, shape: addStructure(schema, structures, source) }
  return { type: scalarType(schema), ...names }
}

function wireNames(
  traits: { xmlName?: string; ec2QueryName?: string },
  protocol: ServiceModel['protocol'],
  name: string,
): Partial<MemberShape> {
  if (protocol === 'json') return {}
  const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
  const queryName =
    protocol === 'ec2' ? (traits.ec2QueryName ?? capital(traits.xmlName ?? name)) : (traits.xmlName ?? name)
  const xmlName = traits.xmlName ?? name
  return { ...(queryName === name ? {} : { queryName }), ...(xmlName === name ? {} : { xmlName }) }
}

function scalarType(schema: NormalizedSchema): MemberShape['type'] {
  if (schema.isBlobSchema()) return 'blob'
  if (schema.isTimestampSchema()) return 'timestamp'
  if (schema.isNumericSchema()) return 'integer'
  if (schema.isBooleanSchema()) return 'boolean'
  return 'string'
}

function typeOf(member: MemberShape): string {
  switch (member.type) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'integer':
      return 'number'
    case 'timestamp':
      return 'number'
    case 'blob':
      return 'Buffer'
    case 'list':
      return `readonly ${wrapped(typeOf(member.of!))}[]`
    case 'map':
      return `Readonly<Record<string, ${typeOf(member.of!)}>>`
    case 'structure':
      return member.shape!
  }
}

const wrapped = (type: string): string => (type.includes(' ') ? `(${type})` : type)

function renderInterface([name, members]: readonly [string, StructureShape]): string {
  const lines = Object.entries(members).map(([member, shape]) =>
    shape.required === true
      ? `  readonly ${member}: ${typeOf(shape)}`
      : `  readonly ${member}?: ${typeOf(shape)} | undefined`,
  )
  return `export interface ${name} {\n${lines.join('\n')}${lines.length === 0 ? '' : '\n'}}`
}

function render(model: ServiceModel): string {
  const head = [
    '// Generated by scripts/generate-models.ts from the schemas of the AWS SDK for JavaScript (Apache-2.0). Do not edit.',
    '// Blobs are Buffers; timestamps are milliseconds since 1970.',
    "import type { ServiceModel } from '../service-model.ts'",
  ]
  const { operations, structures, ...rest } = model
  const table = (record: object): string =>
    Object.entries(record)
      .map(([name, value]) => `    ${name}: ${JSON.stringify(value)},`)
      .join('\n')
  const settings = Object.entries(rest)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`)
    .join('\n')
  return [
    head.join('\n'),
    ...Object.entries(structures).map(renderInterface),
    `export const model: ServiceModel = {\n${settings}\n  operations: {\n${table(operations)}\n  },\n  structures: {\n${table(structures)}\n  },\n}\n`,
  ].join('\n\n')
}

let differs = false
for (const source of sources) {
  const path = new URL(`../src/wire/models/${source.service}.ts`, import.meta.url)
  const text = render(buildModel(source))
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    differs = true
    process.stderr.write(`src/wire/models/${source.service}.ts is not what "npm run models" writes\n`)
  }
}
process.exitCode = differs ? 1 : 0
