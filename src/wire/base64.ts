/**
 * Decodes base64 strictly, or gives `undefined`: `Buffer.from` alone takes anything, so that different texts would be the same
 * bytes.
 */
export function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
