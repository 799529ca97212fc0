// A few of the kills that scripts/soak/ does by the hundred.
import { test } from 'node:test'
import { killSealRotate } from './kill-seal-rotate.ts'
import { killServer } from './kill-server.ts'
import { killStore } from './kill-store.ts'
import { cutPower } from './power-cut.ts'

const seed = 20_261_124

test('[G62] [J77] a killed process loses nothing that the store or the trail acknowledged', () => killStore(6, seed))

test('[G62] a killed server has every answered request in its trail, and every answered change', () =>
  killServer(2, seed))

test('[J77] a killed change of the root key leaves a data directory that the old or the new one opens', () =>
  killSealRotate(2, seed))

test('[G62] a power cut that forgets what was not synced loses nothing that the store or a synced trail acknowledged', () =>
  cutPower(6, seed))
