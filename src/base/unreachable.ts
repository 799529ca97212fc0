/** Ends a complete `switch`: a case that was forgotten fails to compile here. */
export function unreachable(value: never): never {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`)
}
