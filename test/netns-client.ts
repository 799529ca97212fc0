// A client inside the namespace of a workload: finds KMS by its name at the resolver of the VPC, and lists its keys.
import { Resolver } from 'node:dns/promises'
import { Agent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { text } from 'node:stream/consumers'
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import type { Credentials } from './start-postern.ts'

interface Wish {
  readonly credentials: Credentials
  readonly authority: string
  /** Where KMS is; found by its name if not given. */
  readonly address?: string
  /** The address that the connection comes from. */
  readonly from?: string
}

const { credentials, authority, address, from } = JSON.parse(await text(process.stdin)) as Wish
const resolver = new Resolver({ timeout: 1_000, tries: 2 })
resolver.setServers(['10.0.0.2'])

const lookup: LookupFunction = (name, { all }, done) => {
  const found = address === undefined ? resolver.resolve4(name) : Promise.resolve([address])
  found.then(
    ([first = '']) => (all === true ? done(null, [{ address: first, family: 4 }]) : done(null, first, 4)),
    (error: unknown) => done(error as NodeJS.ErrnoException, ''),
  )
}
const kms = new KMSClient({
  region: 'us-west-2',
  credentials: { ...credentials },
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_500,
    requestTimeout: 5_000,
    httpsAgent: new Agent({ ca: authority, lookup, ...(from === undefined ? {} : { localAddress: from }) }),
  },
})
try {
  await kms.send(new ListKeysCommand({}))
  process.stdout.write('served')
} catch (error) {
  const { name, code } = error as { readonly name: string; readonly code?: string }
  process.stdout.write(code ?? name)
}
kms.destroy()
