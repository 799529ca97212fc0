import { ServiceError } from '../../base/index.ts'

/** Checks the form of a grant id. @throws {ServiceError} InvalidGrantIdException */
export function requireGrantId(grantId: string): string {
  if (/^[0-9a-f]{64}$/.test(grantId)) return grantId
  throw new ServiceError('InvalidGrantIdException', `Invalid grant ID ${grantId}`)
}

/** AWS's answer for a grant that is not there. */
export function noSuchGrant(grantId: string): ServiceError {
  return new ServiceError('NotFoundException', `Grant ID ${grantId} not found`)
}
