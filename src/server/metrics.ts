import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { secondMillis } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import type { TrailHealth } from '../trail/index.ts'

/** What Prometheus reads. */
export interface Metrics {
  readonly registry: Registry
  countRequest(labels: RequestLabels, seconds: number): void
  countUnidentified(service: string, kind: string): void
  countHttpRefusal(code: string): void
  countTurnedAway(service: string, code: string): void
  countFailure(service: string): void
  countRefusedConnection(): void
  countRefusedProxy(reason: string): void
  /** Tells when certificates end, by what they are. */
  tellCertificates(endsOf: () => CertificateEnds): void
}

/** When the certificate that issues, and the first of the operator's own, end. */
export interface CertificateEnds {
  readonly authority: Instant
  /** Absent where there is none. */
  readonly own?: Instant | undefined
}

/** What a request is counted under: names from our own tables, nothing that a caller chose. */
export interface RequestLabels {
  readonly service: string
  readonly operation: string
  readonly door: 'public' | 'endpoint' | 'service'
  /** `ok`, `denied`, `throttled` or `error`. */
  readonly outcome: string
}

const latencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5]

/** Makes the registry. Labels come from our own tables only: no caller can make a new series. */
export function openMetrics(sources: {
  readonly trailHealth: () => TrailHealth
  readonly storeIsWell: () => boolean
  readonly lostLogLines: () => number
}): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = counterOf('postern_requests_total', 'Requests whose signer was established', [
    'service',
    'operation',
    'door',
    'outcome',
  ])
  const durations = new Histogram({
    name: 'postern_request_duration_seconds',
    help: 'From the whole request to its answer',
    labelNames: ['service', 'operation'] as const,
    buckets: latencySeconds,
    registers,
  })
  const unidentified = counterOf(
    'postern_unidentified_requests_total',
    'Requests that establish no identity; they leave no trail record',
    ['service', 'kind'],
  )
  const refusals = counterOf('postern_http_refusals_total', 'Requests refused by their HTTP form', ['code'])
  const turnedAway = counterOf(
    'postern_turned_away_total',
    'Requests refused before they were calls: while the trail fails, or because they name no operation',
    ['service', 'code'],
  )
  const failures = counterOf('postern_failures_total', 'Requests that failed for reasons of our own', ['service'])
  const refusedConnections = counterOf(
    'postern_refused_connections_total',
    'Connections closed at once because there were too many, in all or of one address',
  )
  const refusedProxies = counterOf(
    'postern_refused_proxy_connections_total',
    'Connections to listeners for proxies that were closed: not of a trusted peer, or without a header that counts',
    ['reason'],
  )
  const lostLogLines: Gauge = new Gauge({
    name: 'postern_lost_log_lines',
    help: 'Lines that the server could not write to its log',
    registers,
    collect: () => lostLogLines.set(sources.lostLogLines()),
  })
  gaugeOf('postern_trail_healthy', 'Whether records can be written', () => sources.trailHealth().kind === 'healthy')
  gaugeOf('postern_store_healthy', 'Whether the store answers', sources.storeIsWell)
  return {
    registry,
    countRequest({ service, operation, door, outcome }, seconds) {
      requests.inc({ service, operation, door, outcome })
      durations.observe({ service, operation }, seconds)
    },
    countUnidentified: (service, kind) => unidentified.inc({ service, kind }),
    countHttpRefusal: code => refusals.inc({ code }),
    countTurnedAway: (service, code) => turnedAway.inc({ service, code }),
    countFailure: service => failures.inc({ service }),
    countRefusedConnection: () => refusedConnections.inc(),
    countRefusedProxy: reason => refusedProxies.inc({ reason }),
    tellCertificates(endsOf) {
      const ends = new Gauge({
        name: 'postern_certificate_end_timestamp_seconds',
        help: 'When the certificate of the authority, and the first of the operator’s own, end',
        labelNames: ['of'],
        registers,
        collect() {
          const { authority, own } = endsOf()
          ends.reset()
          ends.set({ of: 'authority' }, authority / secondMillis)
          if (own !== undefined) ends.set({ of: 'own' }, own / secondMillis)
        },
      })
    },
  }

  function counterOf<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers })
  }

  function gaugeOf(name: string, help: string, isWell: () => boolean): void {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(isWell() ? 1 : 0) })
  }
}
