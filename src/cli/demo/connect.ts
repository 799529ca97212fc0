import { readFileSync } from 'node:fs'
import { Resolver } from 'node:dns/promises'
import { connect } from 'node:tls'

/** Asks a resolver for the addresses of a name. */
export async function resolveName(
  server: { readonly address: string; readonly port: number },
  name: string,
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 3_000, tries: 1 })
  resolver.setServers([`${server.address}:${server.port}`])
  return resolver.resolve4(name)
}

/** What a verified TLS connection says about itself. @throws {Error} where the certificate does not verify. */
export function verifiedConnection(options: {
  readonly address: string
  readonly port: number
  /** Asked for by name; by its address if not given. */
  readonly name?: string
  readonly authorityFile: string
}): Promise<{ readonly protocol: string; readonly subjects: string }> {
  const { address, port, name, authorityFile } = options
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      ca: readFileSync(authorityFile),
      timeout: 5_000,
      ...(name === undefined ? {} : { servername: name }),
    })
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error(`No TLS handshake with ${address}:${port} in time`)))
    socket.once('secureConnect', () => {
      const { subjectaltname = '' } = socket.getPeerCertificate()
      resolve({ protocol: socket.getProtocol() ?? '', subjects: subjectaltname })
      socket.end()
    })
  })
}
