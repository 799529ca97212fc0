import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { cleanVariables, program, run } from '../start-postern.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-rooms-'))
after(() => rmSync(folder, { recursive: true }))

// Says at the end which rooms of the sources were loaded.
const observer = `
import { registerHooks } from 'node:module'
const rooms = new Set()
registerHooks({ load(url, context, next) { rooms.add(/[/]src[/]([^/]+)[/]/.exec(url)?.[1]); return next(url, context) } })
process.on('exit', () => console.log('rooms: ' + [...rooms].filter(Boolean).sort().join(' ')))`

for (const words of [['version'], ['status'], ['env'], ['account', 'list'], ['network', 'list']]) {
  test(`postern ${words.join(' ')} loads nothing of the server but its settings: it answers at once`, async () => {
    const node = ['--import', `data:text/javascript,${encodeURIComponent(observer)}`, program]
    const variables = { ...cleanVariables(), POSTERN_DATA_DIR: join(folder, 'none') }

    const { out } = await run(process.execPath, [...node, ...words], variables)

    const [, rooms] = /^rooms: (.*)$/m.exec(out)!
    assert.ok(['base cli server', 'cli server'].includes(rooms!), rooms)
  })
}
