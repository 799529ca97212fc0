import type { ServiceName } from '../wire/index.ts'

/** What of a request tells which API it is for. */
export interface ServiceHints {
  /** `X-Amz-Target`, for the JSON APIs. */
  readonly target: string | undefined
  /** The body, for the query APIs: its `Version` is a different one for each. */
  readonly body: Buffer
  /** The query string of a presigned request. */
  readonly url: string
}

const targetPrefixes: readonly (readonly [RegExp, ServiceName])[] = [
  [/^TrentService\./, 'kms'],
  [/^(?:com\.amazonaws\.cloudtrail\.v20131101\.)?CloudTrail_20131101\./, 'cloudtrail'],
]

const versions: readonly (readonly [string, ServiceName])[] = [
  ['2016-11-15', 'ec2'],
  ['2010-05-08', 'iam'],
  ['2011-06-15', 'sts'],
]

/**
 * The API that a request asks for, or `undefined` where it names none that Postern serves. One address serves all of them;
 * the signature's scope must name the same service, so nothing that a client says here widens what its signature is good for.
 */
export function chooseService(hints: ServiceHints): ServiceName | undefined {
  if (hints.target !== undefined) return targetPrefixes.find(([prefix]) => prefix.test(hints.target!))?.[1]
  const query = hints.body.length > 0 ? hints.body.toString('latin1') : hints.url.slice(2)
  const version = /(?:^|&)Version=([0-9-]{10})(?:&|$)/.exec(query)?.[1]
  return versions.find(([known]) => known === version)?.[1]
}
