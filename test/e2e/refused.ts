import assert from 'node:assert/strict'

/** The error that a call must fail with: its code, and a text of its message. */
export async function refused(call: Promise<unknown>, code: string, text: string | RegExp = ''): Promise<void> {
  const outcome = await call.then(
    () => ({ name: 'an answer', message: '' }),
    (error: unknown) => error as { readonly name: string; readonly Code?: string; readonly message: string },
  )
  const name = 'Code' in outcome && outcome.Code !== undefined ? outcome.Code : outcome.name
  assert.equal(name, code, outcome.message)
  if (typeof text === 'string') assert.ok(outcome.message.includes(text), `"${outcome.message}" says "${text}"`)
  else assert.match(outcome.message, text)
}

/** The call finds nobody who answers: the connection ends before TLS begins. */
export async function unreachable(call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause as { readonly code?: string; readonly message: string },
  )
  assert.match(`${error?.code} ${error?.message}`, /ECONNRESET|ECONNREFUSED|EPIPE|socket hang up|ETIMEDOUT/)
}
