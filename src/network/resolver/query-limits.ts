import { TokenBuckets } from './token-buckets.ts'

/** Where a query came from. */
export interface QuerySource {
  readonly vpcId: string
  readonly address: string
  readonly transport: 'udp' | 'tcp'
}

/** Packets a second of one source: what AWS's resolver takes of one network interface. */
const queriesOfSource = 1_024
/** AWS has one resolver in each zone; here it is one process that has other work too. */
const queriesOfVpc = 4_096
const refusalsOfSource = 128
const refusalsOfVpc = 1_024
const maxSources = 4_096

/**
 * How much is answered. The address that a datagram comes from may be forged: a flood of queries in somebody's name must not
 * become a flood of answers to him, and must not take the answers of others either.
 */
export class QueryLimits {
  readonly #sources: TokenBuckets
  readonly #vpcs: TokenBuckets
  readonly #refusedSources: TokenBuckets
  readonly #refusedVpcs: TokenBuckets
  #overLimit = 0

  constructor(now: () => number) {
    const buckets = (perSecond: number): TokenBuckets => new TokenBuckets({ perSecond, maxSources, now })
    this.#sources = buckets(queriesOfSource)
    this.#vpcs = buckets(queriesOfVpc)
    this.#refusedSources = buckets(refusalsOfSource)
    this.#refusedVpcs = buckets(refusalsOfVpc)
  }

  /** Whether a query is answered at all. */
  admits(source: QuerySource): boolean {
    return this.#sources.take(sourceKey(source)) && this.#vpcs.take(vpcKey(source))
  }

  /**
   * What becomes of the refusal of a query. Above the limit every other client is asked to come by TCP, where addresses can't be
   * forged, and the rest hear nothing.
   */
  judgeRefusal(source: QuerySource): 'send' | 'shorten' | 'drop' {
    if (this.#refusedSources.take(sourceKey(source)) && this.#refusedVpcs.take(vpcKey(source))) return 'send'
    this.#overLimit = (this.#overLimit + 1) % 2
    return this.#overLimit === 1 ? 'shorten' : 'drop'
  }
}

// Who sends datagrams in somebody's name takes nothing from what that one may ask by TCP.
const sourceKey = ({ vpcId, transport, address }: QuerySource): string => `${vpcId} ${transport} ${address}`
const vpcKey = ({ vpcId, transport }: QuerySource): string => `${vpcId} ${transport}`
