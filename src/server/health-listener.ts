import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { HostPort } from './host-port.ts'
import { cannotListen, listen } from './listen.ts'
import type { Metrics } from './metrics.ts'
import { urlHost } from './public-door.ts'

/** What the health listener tells. */
export interface HealthSources {
  readonly metrics: Metrics
  /** Empty when the server can serve; else what is wrong. */
  readonly problems: () => readonly string[]
}

/** `/health` (the process lives), `/ready` (it can serve) and `/metrics`, on loopback and without TLS. Nothing here is about a caller. */
export async function openHealthListener(
  address: HostPort,
  options: HealthSources & { readonly chosen: boolean },
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    answerHealth(request, response, options).catch(() => response.destroy())
  })
  server.headersTimeout = 5_000
  server.requestTimeout = 5_000
  const port = await listen(server, address).catch(async cause => {
    // Nobody asked for this port: another server on this machine has it.
    if (!options.chosen) return listen(server, { host: address.host, port: 0 })
    throw cannotListen(address, { purpose: 'metrics', flag: '--metrics', cause })
  })
  return { server, url: `http://${urlHost(address.host)}:${port}` }
}

async function answerHealth(request: IncomingMessage, response: ServerResponse, sources: HealthSources): Promise<void> {
  // A page that made a browser resolve its own name to this address (DNS rebinding) gets nothing.
  const host = request.headers.host ?? ''
  if (request.method !== 'GET' || !/^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(host))
    return end(response, 403, 'Forbidden\n')
  switch (request.url) {
    case '/health':
      return end(response, 200, 'alive\n')
    case '/ready': {
      const problems = sources.problems()
      return end(response, problems.length === 0 ? 200 : 503, `${problems.join('\n') || 'ready'}\n`)
    }
    case '/metrics':
      return end(response, 200, await sources.metrics.registry.metrics(), sources.metrics.registry.contentType)
    default:
      return end(response, 404, 'Try /health, /ready or /metrics\n')
  }
}

function end(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType })
  response.end(text)
}
