import { ServiceError } from '../../base/index.ts'
import { parseBase64 } from '../base64.ts'
import type { MemberShape, ServiceModel } from '../service-model.ts'

/** Reads a value of a form; `undefined` is given where there are parts below it instead of a value. @throws {ServiceError} */
export type ScalarParser = (text: string | undefined, path: string) => unknown

type Scalar = Exclude<MemberShape['type'], 'list' | 'map' | 'structure'>

/** How the values of a protocol's forms are read. EC2 repeats what it could not read (none of it is a secret). */
export function scalarParsers(protocol: ServiceModel['protocol']): Readonly<Record<Scalar, ScalarParser>> {
  return protocol === 'ec2' ? ec2Scalars : queryScalars
}

/** The error for a form whose values are not of the kinds that the operation takes. The text is AWS's, which mostly has none. */
export function malformedInput(message = ''): ServiceError {
  return new ServiceError('MalformedInput', message)
}

const queryScalar =
  (parse: (text: string) => unknown): ScalarParser =>
  text => {
    if (text === undefined) throw malformedInput('Start of structure or map found where not expected.')
    const parsed = parse(text)
    if (parsed === undefined) throw malformedInput()
    return parsed
  }

const queryScalars: Readonly<Record<Scalar, ScalarParser>> = {
  string: queryScalar(text => text),
  // As XML Schema has them: no capital letters.
  boolean: queryScalar(text => {
    if (text === '') throw malformedInput('missing value for boolean type')
    if (!/^(?:true|false|1|0)$/.test(text)) throw malformedInput('boolean must follow xsd1.1 definition')
    return text === 'true' || text === '1'
  }),
  // What does not fit into 32 bits is no integer of Java's.
  integer: queryScalar(text => {
    if (text === '') throw malformedInput('missing value for decimal type')
    const value = parseInteger(text) ?? Number.NaN
    return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined
  }),
  timestamp: queryScalar(parseTimestamp),
  blob: queryScalar(parseBase64),
}

const ec2Scalar =
  (parse: (text: string) => unknown): ScalarParser =>
  (text, path) => {
    const parsed = text === undefined ? undefined : parse(text)
    if (parsed !== undefined) return parsed
    throw new ServiceError(
      'InvalidParameterValue',
      `Invalid value ${JSON.stringify(text?.slice(0, 128) ?? null)} for parameter ${path}`,
    )
  }

const ec2Scalars: Readonly<Record<Scalar, ScalarParser>> = {
  string: ec2Scalar(text => text),
  boolean: ec2Scalar(text => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined)),
  integer: ec2Scalar(parseInteger),
  timestamp: ec2Scalar(parseTimestamp),
  blob: ec2Scalar(parseBase64),
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined
}

function parseTimestamp(text: string): number | undefined {
  const instant = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(instant) ? undefined : instant
}
