// Emits the JavaScript that is published into dist/: types are not stripped inside node_modules.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { repository, runCommand } from './run-command.ts'

rmSync(join(repository, 'dist'), { recursive: true, force: true })
process.exitCode = await runCommand('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'])
