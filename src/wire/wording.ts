import type { ServiceName } from './service-name.ts'

/** How a service words a broken constraint, where the services of AWS differ. */
export interface Wording {
  /** Whether the value is repeated, unless it is sensitive. */
  readonly showsValues: boolean
  /** Whether a broken pattern is told before a broken length. */
  readonly patternFirst: boolean
  /** What is asked of a member whose pattern is broken, where the service has a sentence of its own for it. */
  readonly demandOf?: (member: string) => string | undefined
}

const common: Wording = { showsValues: true, patternFirst: false }

// Of IAM's members that have a pattern; the others are answered as anywhere.
const iamDemands: readonly (readonly [member: RegExp, demand: string])[] = [
  [/name$/i, 'It must contain only alphanumeric characters and/or the following: +=,.@_-'],
  [/^(?:path|newPath)$/, 'It must begin and end with / and contain only alphanumeric characters and/or / characters.'],
  [/^pathPrefix$/, 'It must begin with the / character and contain only alphanumeric characters and/or / characters.'],
  [/^(?:policyDocument|assumeRolePolicyDocument)$/, 'It must contain only printable ASCII characters.'],
  [/^accessKeyId$/, 'It must contain only alphanumeric characters.'],
]

const wordings: Readonly<Partial<Record<ServiceName, Wording>>> = {
  iam: {
    showsValues: false,
    patternFirst: false,
    demandOf: member => iamDemands.find(([pattern]) => pattern.test(member))?.[1],
  },
  sts: { showsValues: true, patternFirst: true },
}

/** How a service words a broken constraint. */
export function wordingOf(service: ServiceName): Wording {
  return wordings[service] ?? common
}
