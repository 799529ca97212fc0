import { quotaClasses } from '../services/index.ts'

/** The rates of all classes of requests, by their position: see `quotaClasses`. */
export type QuotaRates = readonly number[]

const unlimited = Number.POSITIVE_INFINITY
const form = /^([\w-]+)=(?:(\d{1,9}(?:\.\d{1,3})?)|off)$/

/** What is given where nothing is said. */
export const standardRates: QuotaRates = quotaClasses.map(({ standardPerSecond }) => standardPerSecond)

/** Changes the rates as one word of the setting says; `undefined` for what says nothing. */
export function changeRates(rates: QuotaRates, word: string): QuotaRates | undefined {
  if (word === 'off') return quotaClasses.map(() => unlimited)
  if (word === 'aws') return quotaClasses.map(({ awsPerSecond }) => awsPerSecond)
  const [, name, rate] = form.exec(word) ?? []
  const position = quotaClasses.findIndex(each => each.name === name)
  if (position < 0) return undefined
  // Nobody means by 0 that KMS shall answer no such request at all.
  return rates.with(position, rate === undefined || Number(rate) === 0 ? unlimited : Number(rate))
}
