const reversedPolynomial = 0x82f6_3b78

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ reversedPolynomial : rest >>> 1
  return rest
})

/** CRC-32C (Castagnoli), as RFC 9260 has it. */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffff_ffff
  for (const byte of bytes) rest = (rest >>> 8) ^ table[(rest ^ byte) & 0xff]!
  return (rest ^ 0xffff_ffff) >>> 0
}
