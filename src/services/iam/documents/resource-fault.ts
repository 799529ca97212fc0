import { splitArnPattern } from '../../../policy/index.ts'

const arnParts = 6
const partition = 'aws'
const hasWildcard = (text: string): boolean => /[*?]/.test(text)

/** What is wrong with the form of a Resource, in IAM's words; `undefined` where nothing is. */
export function resourceFormFault(resource: string): string | undefined {
  if (resource === '*') return undefined
  const [prefix, given, vendor, ...rest] = splitArnPattern(resource)
  if (given === undefined) return `Resource ${resource} must be in ARN format or "*".`
  if (given !== partition && !hasWildcard(given)) {
    const shown = ['arn', given, ...(vendor === undefined ? [] : [vendor]), ...rest]
    while (shown.length < arnParts) shown.push('*')
    return `Partition "${given}" is not valid for resource "${shown.join(':')}".`
  }
  if (prefix !== 'arn') return `Resource ${resource} must be in ARN format or "*".`
  if (vendor === undefined || hasWildcard(vendor))
    return 'Resource vendor must be fully qualified and cannot contain regexes.'
  return undefined
}

/** Whether IAM's older parser can't read a Resource whose form is right: too few parts behind the service, or no service. */
export function failsLegacyParsing(resource: string): boolean {
  if (resource === '*') return false
  const parts = splitArnPattern(resource)
  return parts[2] === '' || (parts.length > 3 && parts.length < arnParts)
}

const iamPaths = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
]

/** What is wrong with the place that a Resource of IAM or S3 names, in IAM's words; `undefined` where nothing is. */
export function resourcePlaceFault(resource: string): string | undefined {
  const [, , vendor, region = '', account, path] = splitArnPattern(resource)
  const namesRegion = region !== '' && region !== '*'
  // Only access points of S3 have a Region, and they have an account.
  if (vendor === 's3' && namesRegion && account === '')
    return `Resource ${resource} can not contain region information.`
  if (vendor !== 'iam') return undefined
  if (namesRegion) return `IAM resource ${resource} cannot contain region information.`
  if (path === undefined || path === '*' || path === 'root' || iamPaths.some(start => path.startsWith(start)))
    return undefined
  return `IAM resource path must either be "*", root, or start with ${iamPaths.join(', ')}.`
}
