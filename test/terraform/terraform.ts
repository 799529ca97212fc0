// The Terraform that is installed here, on a folder of its own with one file.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Finished, Postern } from '../start-postern.ts'

export interface Terraform {
  /** Runs it and gives what it says. It must end well. */
  readonly succeeds: (...words: readonly string[]) => Promise<string>
  /** A plan must find no change. */
  readonly isUnchanged: (...words: readonly string[]) => Promise<void>
  readonly output: () => Promise<Readonly<Record<string, string>>>
}

/** Terraform with the AWS provider, ready to be applied. Set TF_PLUGIN_DIR where the provider can't be downloaded. */
export async function openTerraform(postern: Postern, file: string): Promise<Terraform> {
  const folder = join(postern.folder, 'terraform')
  mkdirSync(folder)
  copyFileSync(join(import.meta.dirname, file), join(folder, file))
  const environment = await postern.environment()
  const variables = {
    ...environment,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    TF_VAR_url: postern.apiUrl,
    TF_VAR_ca_bundle: environment['AWS_CA_BUNDLE'],
  }
  const run = (...words: readonly string[]): Promise<Finished> =>
    postern.run('terraform', [`-chdir=${folder}`, ...words, '-no-color'], variables)

  async function succeeds(...words: readonly string[]): Promise<string> {
    const started = performance.now()
    const { status, out, error } = await run(...words)
    assert.equal(status, 0, `terraform ${words.join(' ')}\n${out}\n${error}`)
    process.stdout.write(`ok  terraform ${words[0]}, ${((performance.now() - started) / 1_000).toFixed(1)} s\n`)
    return out
  }

  const plugins = process.env['TF_PLUGIN_DIR']
  await succeeds('init', '-input=false', ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`]))
  return {
    succeeds,
    async isUnchanged(...words) {
      // Exit code 2 is a change.
      await succeeds('plan', '-input=false', '-detailed-exitcode', ...words)
    },
    async output() {
      const values = JSON.parse((await run('output', '-json')).out) as Record<string, { readonly value: string }>
      return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]))
    },
  }
}
