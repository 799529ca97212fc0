/**
 * Lower case as AWS compares names without regard to case: of A to Z only. `toLowerCase()` makes a "k" of the Kelvin sign too, so
 * that two different names would be one.
 */
export function asciiLower(text: string): string {
  const lower = text.toLowerCase()
  // Where nothing but ASCII was there, nothing else has become ASCII.
  return /^[\x20-\x7e]*$/.test(text) ? lower : text.replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}
