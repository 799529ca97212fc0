// [F52] Ten million encryptions of one plaintext with one key: no nonce and no derived key comes twice.
// Run by scripts/soak/nonces.sh; not part of `npm test`.
import { createSecretKey } from 'node:crypto'
import { systemRandom } from '../../src/base/index.ts'
import { commitmentBytes, nonceBytes, pooledRandom, sealMessage } from '../../src/crypto/index.ts'

const count = Number(process.argv[2] ?? 10_000_000)
const random = pooledRandom(systemRandom)
const key = createSecretKey(systemRandom(32))
const [plaintext, associatedData] = [Buffer.from('the one plaintext'), Buffer.from('context')]

/** The first 64 bits of each: that two of ten million are the same by chance is less likely than one in a hundred thousand. */
const [nonces, commitments] = [new BigUint64Array(count), new BigUint64Array(count)]
for (let index = 0; index < count; index++) {
  const sealed = sealMessage(key, 'soak', plaintext, associatedData, random)
  nonces[index] = sealed.readBigUInt64BE(0)
  commitments[index] = sealed.readBigUInt64BE(nonceBytes + commitmentBytes - 8)
  if (index % 1_000_000 === 0) process.stderr.write(`${index} of ${count} messages\n`)
}

for (const [name, values] of Object.entries({ nonce: nonces, 'derived key': commitments })) {
  values.sort()
  const repeated = values.findIndex((value, index) => index > 0 && value === values[index - 1])
  if (repeated >= 0) throw new Error(`A ${name} came twice`)
}
console.log(`${count} messages: no nonce and no derived key came twice`)
