/** Texts, each behind so many characters that may be any. */
export interface GappedPiece {
  readonly parts: readonly { readonly gap: number; readonly text: string }[]
  readonly length: number
}

/** Whether the piece stands at that place of a text. */
export function gappedMatchesAt(text: string, piece: GappedPiece, from: number): boolean {
  if (from + piece.length > text.length) return false
  let at = from
  for (const part of piece.parts) {
    at += part.gap
    if (!text.startsWith(part.text, at)) return false
    at += part.text.length
  }
  return true
}

const fewParts = 8

/** The first place at or behind `from` where the piece stands, or -1. */
export function findGapped(text: string, piece: GappedPiece, from: number): number {
  if (piece.parts.length > fewParts) return shiftAnd(text, piece, from)
  const { gap, text: first } = piece.parts[0]!
  // Its first text says where it may be at all.
  for (let at = from; at + piece.length <= text.length; at++) {
    const found = text.indexOf(first, at + gap)
    if (found < 0) return -1
    at = found - gap
    if (gappedMatchesAt(text, piece, at)) return at
  }
  return -1
}

/**
 * The Shift-And search (Baeza-Yates and Gonnet, 1992): bit `i` of the state says that the first `i + 1` characters of the piece
 * end here. It takes the same time whatever the texts are, so that no policy can be made to match slowly.
 */
function shiftAnd(text: string, piece: GappedPiece, from: number): number {
  const { masks, others } = masksOf(piece)
  const words = others.length
  const state = new Uint32Array(words)
  const [lastWord, lastBit] = [(piece.length - 1) >>> 5, 1 << ((piece.length - 1) & 31)]
  for (let at = from; at < text.length; at++) {
    const mask = masks.get(text.charCodeAt(at)) ?? others
    let carry = 1
    for (let word = 0; word < words; word++) {
      const before = state[word]!
      state[word] = ((before << 1) | carry) & mask[word]!
      carry = before >>> 31
    }
    if ((state[lastWord]! & lastBit) !== 0) return at - piece.length + 1
  }
  return -1
}

/** For each character the places of the piece that it fits; `others` for those that are in none of its texts. */
function masksOf({ parts, length }: GappedPiece): {
  readonly masks: ReadonlyMap<number, Uint32Array>
  readonly others: Uint32Array
} {
  const others = new Uint32Array((length + 31) >>> 5)
  let at = 0
  for (const { gap, text } of parts) {
    for (let end = at + gap; at < end; at++) others[at >>> 5]! |= 1 << (at & 31)
    at += text.length
  }
  const masks = new Map<number, Uint32Array>()
  at = 0
  for (const { gap, text } of parts) {
    at += gap
    for (let index = 0; index < text.length; index++, at++) {
      const code = text.charCodeAt(index)
      let mask = masks.get(code)
      if (mask === undefined) {
        mask = others.slice()
        masks.set(code, mask)
      }
      mask[at >>> 5]! |= 1 << (at & 31)
    }
  }
  return { masks, others }
}
