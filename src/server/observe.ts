import type { AuthenticationFailure, NetworkPath, ServiceError } from '../base/index.ts'
import type { Call } from './call.ts'
import type { Observer } from './handle.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { reviewSavedPolicy } from './review-saved-policy.ts'
import { sample } from './sample.ts'

/** Tells metrics and the server's log what went through the pipeline: a request at debug, a refusal at info, what is odd in a new policy as a warning. */
export function createObserver(log: Log, metrics: Metrics): Observer {
  const unidentifiedSample = sample()
  const turnedAwaySample = sample()
  const failureSample = sample()
  const warningSample = sample()
  const warnOfPolicy = (call: Call): void => {
    const warnings = reviewSavedPolicy(call)
    if (warnings.length === 0 || !warningSample()) return
    const { scope, service, operation } = call
    const { requestId, caller } = scope
    log.warn(
      { requestId, operation: `${service.name}:${operation.name}`, caller: caller.arn, warnings },
      'policy saved',
    )
  }
  return {
    answered(call, recorded) {
      const { scope, service, operation } = call
      const { verdict, result } = recorded.performed
      const denied = call.refusal !== undefined || (verdict !== undefined && !verdict.allowed)
      const outcome = result.kind === 'done' ? 'ok' : denied ? 'denied' : failureOutcome(result.error)
      const door = scope.path.kind
      const seconds = (performance.now() - call.request.startedAt) / 1_000
      metrics.countRequest({ service: service.name, operation: operation.name, door, outcome }, seconds)
      if (result.kind === 'done') warnOfPolicy(call)
      if (!denied && !log.isLevelEnabled('debug')) return
      const line = {
        requestId: scope.requestId,
        operation: `${service.name}:${operation.name}`,
        caller: scope.caller.arn,
        door: doorName(scope.path),
        outcome,
        ...(result.kind === 'failed' ? { code: result.error.code } : {}),
        ...(verdict?.refusal === undefined ? {} : { refusedBy: verdict.refusal.layer }),
      }
      if (denied) log.info(line, 'refused')
      else log.debug(line, 'request')
    },
    unidentified(request, service, failure: AuthenticationFailure) {
      metrics.countUnidentified(service, failure.kind)
      if (!unidentifiedSample()) return
      const { clientAddress } = request.path
      log.info({ requestId: request.requestId, service, kind: failure.kind, clientAddress }, 'no identity established')
    },
    turnedAway(request, service, error) {
      metrics.countTurnedAway(service, error.code)
      if (turnedAwaySample()) log.info({ requestId: request.requestId, service, code: error.code }, 'turned away')
    },
    failed(request, service, error) {
      metrics.countFailure(service)
      if (failureSample()) log.error({ requestId: request.requestId, service, err: error }, 'request failed')
    },
  }
}

const failureOutcome = ({ code }: ServiceError): string => (code === 'ThrottlingException' ? 'throttled' : 'error')

function doorName(path: NetworkPath): string {
  if (path.kind === 'public') return 'public'
  return path.kind === 'endpoint' ? path.endpointId : path.serviceName
}
