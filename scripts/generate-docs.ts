// Writes the tables of the docs from the code. `--check` compares with what is there instead of writing.
import { readFileSync, writeFileSync } from 'node:fs'
import { loadCommands } from '../src/cli/commands/index.ts'
import { doorNamesOf, endpointServices, serviceNameOf } from '../src/network/index.ts'
import { policyWarnings } from '../src/policy/index.ts'
import { environmentName, settings } from '../src/server/settings/settings.ts'
import { cloudtrailService, ec2Service, iamService, kmsService, stsService } from '../src/services/index.ts'
import { keySpecTable } from './docs/key-spec-table.ts'
import { kmsTable } from './docs/kms-table.ts'
import { permissionTable } from './docs/permission-table.ts'
import { drawLayers } from './layers/draw.ts'
import { readRooms } from './layers/rooms.ts'

const operations = [kmsService, ec2Service, iamService, stsService, cloudtrailService].map(
  ({ name, operations: table }) => `**${name}** (${table.size}): ${[...table.keys()].sort().join(', ')}.`,
)

// A bar would begin a new column.
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`)

const settingRows = settings.map(
  setting =>
    `| \`--${setting.name} ${cell(setting.form)}\` | \`${environmentName(setting)}\` | ${setting.standard} | ${setting.text} |`,
)

const commandRows = (await loadCommands()).map(({ name, summary }) => `| \`postern ${name}\` | ${summary} |`)

/** A table of some of the rows. */
const table = (head: string, rows: readonly string[], isOfTable: (row: string) => boolean = () => true): string => {
  const columns = head.split('|').length - 2
  return `${[head, `|${'---|'.repeat(columns)}`, ...rows.filter(isOfTable)].join('\n')}\n`
}
const settingHead = '| flag and key of postern.toml | environment | default | |'

const doorRows = endpointServices().map(service => {
  const names = doorNamesOf(service, 'REGION').map(name => `\`${name}\``)
  return `| \`${serviceNameOf(service, 'REGION')}\` | ${names.join(', ')} |`
})

const warningRows = policyWarnings.map(({ name, kinds, about }) => `| \`${name}\` | ${kinds.join(', ')} | ${about} |`)

/** What stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
const parts: readonly (readonly [file: string, name: string, text: string])[] = [
  ['ARCHITECTURE.md', 'rooms', drawLayers(readRooms())],
  ['docs/reference.md', 'operations', `${operations.join('\n\n')}\n`],
  ['docs/keys.md', 'key specs', keySpecTable()],
  ['docs/reference.md', 'kms-operations', await kmsTable()],
  ['docs/reference.md', 'permissions', await permissionTable()],
  [
    'docs/reference.md',
    'settings',
    `${['| flag and key of postern.toml | environment | default | |', '|---|---|---|---|', ...settingRows].join('\n')}\n`,
  ],
  ['docs/certificates.md', 'settings', table(settingHead, settingRows, row => row.startsWith('| `--certificate'))],
  ['docs/certificates.md', 'commands', table('| command | |', commandRows, row => row.startsWith('| `postern ca'))],
  ['docs/certificates.md', 'doors', table('| endpoint service | names of its doors |', doorRows)],
  ['docs/policies.md', 'warnings', `${['| warning | kinds | |', '|---|---|---|', ...warningRows].join('\n')}\n`],
  ['docs/reference.md', 'commands', `${['| command | |', '|---|---|', ...commandRows].join('\n')}\n`],
]

let differs = false
for (const [file, name, text] of parts) {
  const path = new URL(`../${file}`, import.meta.url)
  const present = readFileSync(path, 'utf8')
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
  const from = present.indexOf(begin)
  const to = present.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no part "${name}"`)
  const written = present.slice(0, from + begin.length) + text + present.slice(to)
  if (written === present) continue
  if (!process.argv.includes('--check')) writeFileSync(path, written)
  else {
    differs = true
    process.stderr.write(`The part "${name}" of ${file} is not what "npm run docs" writes\n`)
  }
}
process.exitCode = differs ? 1 : 0
