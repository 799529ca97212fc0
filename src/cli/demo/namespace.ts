import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawn } from 'node:child_process'
import { run } from './aws-client.ts'
import { DemoServer } from './demo-server.ts'
import type { Story } from './story.ts'
import { makeNetwork } from './tell-story.ts'

const program = fileURLToPath(new URL('../../../bin/postern.js', import.meta.url))

// The first VPC has window 1; its resolver is at base + 2.
const resolverAddress = '127.1.0.2'

/** Why this machine can't show the namespace part, or `undefined` where it can. */
export async function namespaceObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs Linux'
  for (const [program, words] of [
    ['unshare', ['-Urnm', 'true']],
    ['ip', ['-V']],
    ['mount', ['--version']],
  ] as const) {
    const done = await run(program, words, process.env).catch(() => undefined)
    if (done === undefined) return `it needs the program "${program}"`
    if (done.status !== 0) return `"${program} ${words.join(' ')}" is not allowed here: ${done.error.trim()}`
  }
  return undefined
}

/**
 * Runs the namespace part in a user, network and mount namespace of its own, without any privilege: there the ports 443 and 53
 * are free to take, and the resolver of the VPC is the system's.
 */
export async function runInNamespace(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-demo-'))
  try {
    const resolv = join(folder, 'resolv.conf')
    writeFileSync(resolv, `nameserver ${resolverAddress}\noptions timeout:2 attempts:1\n`)
    const script = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$1" "$2" demo --namespace-part'
    const child = spawn('unshare', ['-Urnm', 'sh', '-c', script, resolv, process.execPath, program], {
      stdio: 'inherit',
    })
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', status => resolve(status ?? 1))
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is shown inside: the standard name, on the standard port, with nothing set but the credentials. */
export async function tellNamespacePart(story: Story): Promise<void> {
  await using server = await DemoServer.open({ standardPorts: true })
  await server.start()
  story.chapter('In a network namespace: the standard name on port 443')
  const admin = await server.environment()
  await makeNetwork(story, admin, '10.0.0.0/16', { showMistakes: false })
  const { AWS_ENDPOINT_URL_KMS: _unused, ...inside } = admin
  story.say('No endpoint URL is set: the client asks for kms.us-west-2.amazonaws.com, port 443.')
  await story.does('kms', 'ListKeys', {}, inside)
  const trail = await story.does(
    'cloudtrail',
    'LookupEvents',
    { LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'ListKeys' }] },
    admin,
  )
  story.requires(
    JSON.stringify(trail).includes(String.raw`\"clientProvidedHostHeader\":\"kms.us-west-2.amazonaws.com\"`),
    'it came through the endpoint under that name',
  )
}
