import { timingSafeEqual } from 'node:crypto'

/** Whether two texts are the same, in a time that does not tell where they differ: for signatures, codes and tokens. */
export function isSameSecretText(one: string, other: string): boolean {
  const [bytes, others] = [Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8')]
  return bytes.length === others.length && timingSafeEqual(bytes, others)
}
