// The patterns of the models were written for Java; ours must mean the same, and answer quickly whatever they are given.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { model as cloudtrail } from '../../src/wire/models/cloudtrail.ts'
import { model as ec2 } from '../../src/wire/models/ec2.ts'
import { model as iam } from '../../src/wire/models/iam.ts'
import { model as kms } from '../../src/wire/models/kms.ts'
import { model as sts } from '../../src/wire/models/sts.ts'

const shapes = [kms, ec2, iam, sts, cloudtrail].flatMap(model =>
  Object.values(model.structures).flatMap(members => Object.values(members)),
)
const patterns = new Set(shapes.flatMap(({ pattern, of }) => [pattern, of?.pattern]).filter(each => each !== undefined))
const longest = 131_072
const hostile = ['a', '/', '/a', 'a/', '-', 'a-', 'v1.', '\u00e9', ' ']

for (const pattern of patterns) {
  test(`${pattern} is a pattern of JavaScript's, and no text takes it long`, () => {
    const whole = new RegExp(`^(?:${pattern})$`, 'u')
    const texts = hostile.flatMap(text => {
      const long = text.repeat(longest / text.length)
      return [long, `/${long}`, `${long}\u0000`, `/${long}\u0000`]
    })

    const started = performance.now()
    for (const text of texts) whole.test(text)

    // A pattern that goes over a text again for each of its characters takes minutes.
    assert.ok(performance.now() - started < 5_000)
  })
}

test('a pattern of a tag means the letters of all scripts', () => {
  const { pattern } = iam.structures['Tag']!['Key']!
  const whole = new RegExp(`^(?:${pattern})$`, 'u')

  assert.deepEqual(
    ['ключ', '鍵 1', 'a_.:/=+-@', 'a#', '😀', ''].map(text => whole.test(text)),
    [true, true, true, false, false, false],
  )
})
