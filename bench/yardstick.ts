// What the two yardstick servers share: a certificate, and telling the port.
import { webcrypto } from 'node:crypto'
import type { Server } from 'node:https'
import 'reflect-metadata'
import { X509CertificateGenerator, cryptoProvider } from '@peculiar/x509'

/** A P-256 certificate of its own, as Postern's doors have one. */
export async function yardstickCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  cryptoProvider.set(webcrypto as never)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=yardstick',
    keys: keys as never,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    cert: certificate.toString('pem'),
  }
}

/** Listens on a free port of 127.0.0.1 and prints it. */
export function announce(server: Server): void {
  // Connections wait while the other servers have their turn.
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object' && address !== null) console.log(address.port)
  })
}
