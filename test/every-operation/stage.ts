import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { startReferenceProxy } from '../reference-proxy.ts'
import { startPostern } from '../start-postern.ts'
import type { Postern } from '../start-postern.ts'
import type { Place } from './chapters.ts'

/** A started server with what the chapters play in. */
export interface Stage extends AsyncDisposable {
  readonly postern: Postern
  readonly place: Place
}

/** Starts a Postern in two Regions, which knows a proxy of external keys. */
export async function makeStage(): Promise<Stage> {
  const otherRegion = 'eu-west-1'
  const folder = mkdtempSync(join(tmpdir(), 'postern-stage-'))
  const proxy = await startReferenceProxy({ name: 'xks.example.com' })
  const authorities = join(folder, 'authorities.pem')
  writeFileSync(authorities, proxy.certificate)
  // Patient with the proxy, because other tests may have the machine at the same time.
  const external = ['--xks-proxy', proxy.setting, '--xks-authorities', authorities, '--xks-timeout', '10000']
  const postern = await startPostern({ words: ['--region', otherRegion, ...external] })
  const { sts } = postern.clients(await postern.administrator())
  const { Account } = await sts.send(new GetCallerIdentityCommand({}))
  return {
    postern,
    place: { principal: `arn:aws:iam::${Account}:root`, otherRegion, proxy },
    async [Symbol.asyncDispose]() {
      await postern[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}
