// Checks the imports of src/ against the floors of scripts/layers/layers.json. `--diagram` prints the rooms for ARCHITECTURE.md.
import { readFileSync, readdirSync } from 'node:fs'
import { checkLayers } from './layers/check-layers.ts'
import { drawLayers } from './layers/draw.ts'
import { readRooms } from './layers/rooms.ts'

const source = new URL('../src/', import.meta.url)
// Data is a file of its room too: it imports nothing, and no other room imports it.
const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => /\.(?:ts|json)$/.test(file))
const files = new Map(names.sort().map(file => [file, readFileSync(new URL(file, source), 'utf8')]))

if (process.argv.includes('--diagram')) process.stdout.write(drawLayers(readRooms()))
else {
  const violations = checkLayers(readRooms(), files)
  for (const { file, line, message } of violations) process.stderr.write(`src/${file}:${line}: ${message}\n`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
