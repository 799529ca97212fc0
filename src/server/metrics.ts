import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
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
  const requests = new Counter({
    name: 'postern_requests_total',
    help: 'Requests whose signer was established',
    labelNames: ['service', 'operation', 'door', 'outcome'] as const,
    registers,
  })
  const durations = new Histogram({
    name: 'postern_request_duration_seconds',
    help: 'From the whole request to its answer',
    labelNames: ['service', 'operation'] as const,
    buckets: latencySeconds,
    registers,
  })
  const unidentified = new Counter({
    name: 'postern_unidentified_requests_total',
    help: 'Requests that establish no identity; they leave no trail record',
    labelNames: ['service', 'kind'] as const,
    registers,
  })
  const refusals = new Counter({
    name: 'postern_http_refusals_total',
    help: 'Requests refused by their HTTP form',
    labelNames: ['code'] as const,
    registers,
  })
  const turnedAway = new Counter({
    name: 'postern_turned_away_total',
    help: 'Requests refused before they were calls: while the trail fails, or because they name no operation',
    labelNames: ['service', 'code'] as const,
    registers,
  })
  const failures = new Counter({
    name: 'postern_failures_total',
    help: 'Requests that failed for reasons of our own',
    labelNames: ['service'] as const,
    registers,
  })
  const refusedConnections = new Counter({
    name: 'postern_refused_connections_total',
    help: 'Connections closed at once because there were too many, in all or of one address',
    registers,
  })
  const refusedProxies = new Counter({
    name: 'postern_refused_proxy_connections_total',
    help: 'Connections to listeners for proxies that were closed: not of a trusted peer, or without a header that counts',
    labelNames: ['reason'] as const,
    registers,
  })
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
  }

  function gaugeOf(name: string, help: string, isWell: () => boolean): void {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(isWell() ? 1 : 0) })
  }
}
