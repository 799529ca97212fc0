#!/usr/bin/env bash
# Power cuts of a write-heavy load and of a whole server: a disk that forgets what was not synced, at random moments and at many acts.
set -euo pipefail
cd "$(dirname "$0")/../.."
node_modules/.bin/node test/soak/power-cut.ts "${1:-100}"
exec node_modules/.bin/node test/power/power-cut-server.ts "${1:-100}"
