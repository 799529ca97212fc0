import { ServiceError } from '../../base/index.ts'

/** The value of a member that asks for nothing: the default of AWS, or nothing at all. */
type Harmless = string | boolean | undefined

/**
 * Refuses a request that asks for what Postern does not have: ignoring it would promise something. A member may be absent,
 * an empty list, or have the value given here.
 *
 * @throws {ServiceError}
 */
export function refuseUnserved<Input extends object>(
  input: Input,
  members: { readonly [Name in keyof Input]?: Harmless },
  code = 'UnsupportedOperation',
): void {
  for (const [name, harmless] of Object.entries(members)) {
    const value: unknown = input[name as keyof Input]
    if (value === undefined || value === harmless || (Array.isArray(value) && value.length === 0)) continue
    const given = typeof value === 'object' ? '' : ` with the value ${JSON.stringify(value)}`
    throw new ServiceError(code, `The parameter ${name} is not supported${given}`)
  }
}
