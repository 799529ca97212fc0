// Where Postern's answers are its own, and why. `wycheproof/README.md` says it in words for people; the tests say that both are complete.
import type { Answer } from './wycheproof-answers.ts'
import type { WycheproofCase } from './read-wycheproof-files.ts'

/** Cases that Wycheproof leaves open (`acceptable`), or finds valid where AWS has other parameters. Never invalid ones. */
export interface Difference {
  readonly name: string
  readonly answer: Answer
  readonly reason: string
  /** How many cases of all files it is about: one more is one that nobody has thought of. */
  readonly cases: number
  readonly isAbout: (given: WycheproofCase) => boolean
}

const hashBytes: Readonly<Record<string, number>> = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }
const hasFlag =
  (flag: string) =>
  ({ test }: WycheproofCase): boolean =>
    test.flags.includes(flag)
const isShortTag = ({ file, group }: WycheproofCase): boolean =>
  file.startsWith('hmac') && group.tagSize !== Number(file.slice(-3))

/** All differences. No case is of two. */
export const differences: readonly Difference[] = [
  {
    name: 'InvalidAsn',
    answer: 'refused',
    reason: 'a public key for key agreement is read as DER alone, so that what is checked is what is used',
    cases: 317,
    isAbout: hasFlag('InvalidAsn'),
  },
  {
    name: 'UnnamedCurve',
    answer: 'refused',
    reason: 'explicit parameters could describe any curve (CVE-2020-0601); AWS takes keys on its named curves',
    cases: 21,
    isAbout: hasFlag('UnnamedCurve'),
  },
  {
    name: 'CompressedPoint',
    answer: 'accepted',
    reason: 'SEC 1 section 2.3.3 has this form, and the point is found on the curve or refused',
    cases: 3,
    isAbout: ({ file, test }) => file.startsWith('ecdh') && test.flags.includes('CompressedPoint'),
  },
  {
    name: 'MissingZero',
    answer: 'refused',
    reason: 'an r or s without its leading zero is a negative number in DER',
    cases: 3,
    isAbout: hasFlag('MissingZero'),
  },
  {
    name: 'MissingNull',
    answer: 'refused',
    reason: 'RFC 8017 section 8.2.2 compares with the one encoding that a signer makes, which has the NULL',
    cases: 8,
    isAbout: hasFlag('MissingNull'),
  },
  {
    name: 'SmallPublicKey',
    answer: 'accepted',
    reason: 'the signature is right; a key of such an exponent is neither made nor imported, so none is ever asked',
    cases: 5,
    isAbout: hasFlag('SmallPublicKey'),
  },
  {
    name: 'PSS with another salt',
    answer: 'refused',
    reason: "AWS's salt is as long as the hash",
    cases: 42,
    isAbout: ({ file, group }) => file.startsWith('rsa_pss') && group.sLen !== hashBytes[group.sha],
  },
  {
    name: 'PSS with another MGF1',
    answer: 'refused',
    reason: "AWS's MGF1 has the hash of the message",
    cases: 12,
    isAbout: ({ file, group }) => file.startsWith('rsa_pss') && group.mgfSha !== group.sha,
  },
  {
    name: 'OAEP with another MGF1',
    answer: 'refused',
    reason: "AWS's MGF1 has the hash of the label",
    cases: 4,
    isAbout: ({ file, group }) => file.startsWith('rsa_oaep') && group.mgfSha !== group.sha,
  },
  {
    name: 'OAEP with a label',
    answer: 'refused',
    reason: "AWS's label is empty",
    cases: 31,
    isAbout: ({ file, group, test }) => file.startsWith('rsa_oaep') && group.mgfSha === group.sha && test.label !== '',
  },
  {
    name: 'HMAC cut short',
    answer: 'refused',
    reason: 'a code is as long as its hash',
    cases: 132,
    isAbout: isShortTag,
  },
  {
    name: 'HMAC with a short key',
    answer: 'refused',
    reason: 'a key is at least as long as its hash, or it is not imported',
    cases: 12,
    isAbout: given => given.file.startsWith('hmac') && !isShortTag(given) && given.group.keySize < given.group.tagSize,
  },
  {
    name: 'KWP of few bytes',
    answer: 'accepted',
    reason: 'unwrapping says what was wrapped; how long material must be is asked after it',
    cases: 15,
    isAbout: ({ test }) => test.flags.includes('SmallKey') && test.msg !== '',
  },
  {
    name: 'KWP of nothing',
    answer: 'refused',
    reason: 'RFC 5649 section 3 wraps one byte or more, and there is no material of none',
    cases: 1,
    isAbout: ({ test }) => test.flags.includes('SmallKey') && test.msg === '',
  },
  {
    name: 'WeakWrapping',
    answer: 'accepted',
    reason: 'RFC 5649 counts its steps beyond 255, and wrapped material may be as long as that',
    cases: 1,
    isAbout: hasFlag('WeakWrapping'),
  },
  {
    name: 'Ed25519 of nothing',
    answer: 'refused',
    reason: 'a message of AWS has a byte or more, and this algorithm takes no digest',
    cases: 4,
    isAbout: ({ file, test }) => file === 'eddsa' && test.msg === '',
  },
]

/** What Postern must answer, and by which difference if by any. */
export function expectedAnswer(given: WycheproofCase): readonly [Answer, Difference | undefined] {
  const { result } = given.test
  if (result === 'invalid') return ['refused', undefined]
  const [difference, second] = differences.filter(({ isAbout }) => isAbout(given))
  if (second !== undefined) throw new Error(`Two differences: ${difference!.name} and ${second.name}`)
  if (difference !== undefined) return [difference.answer, difference]
  if (result === 'acceptable') throw new Error('Nobody has said what the answer is')
  return ['accepted', undefined]
}
