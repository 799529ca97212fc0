import type { Asker, Call, CallResult, DemoService, Input } from './aws-client.ts'
import { shownFields } from './short-text.ts'

/** A refusal as it is told: its code, and a text of its message. */
export interface Refusal {
  readonly code: string
  readonly text?: string
}

/** A call with what must come of it. */
export type Act =
  | { readonly kind: 'answer'; readonly call: Call; readonly show: readonly string[] }
  | { readonly kind: 'error'; readonly call: Call; readonly refusal: Refusal }
  | { readonly kind: 'refused-connection'; readonly call: Call }

/** A call of the API by somebody through a door. */
export function callOf(asker: Asker, service: DemoService, operation: string, input: Input = {}): Call {
  return { asker, service, operation, input }
}

/** The call must succeed; these members of its answer are shown. */
export const answers = (call: Call, ...show: readonly string[]): Act => ({ kind: 'answer', call, show })

/** The call must be refused so. */
export const refused = (call: Call, code: string, text?: string): Act => ({
  kind: 'error',
  call,
  refusal: text === undefined ? { code } : { code, text },
})

/** Nobody must take the connection. */
export const unconnected = (call: Call): Act => ({ kind: 'refused-connection', call })

/** What must come of an act, in words. */
export function expectedText(act: Act): string {
  switch (act.kind) {
    case 'answer':
      return 'an answer'
    case 'error':
      return `${act.refusal.code}${act.refusal.text === undefined ? '' : `, with "${act.refusal.text}"`}`
    default:
      return 'a refused connection'
  }
}

/** What came, in words. */
export function resultText(result: CallResult, show: readonly string[] = []): string {
  switch (result.kind) {
    case 'answer':
      if (typeof result.output['Text'] === 'string') return result.output['Text']
      return show.length === 0 ? 'done' : shownFields(result.output, show)
    case 'error':
      return `${result.code}: ${result.message}`
    default:
      return `refused connection: ${result.message}`
  }
}

/** Whether it came as told. */
export function isAsTold(act: Act, result: CallResult): boolean {
  if (act.kind !== result.kind) return false
  if (act.kind !== 'error' || result.kind !== 'error') return true
  return result.code === act.refusal.code && result.message.includes(act.refusal.text ?? '')
}
