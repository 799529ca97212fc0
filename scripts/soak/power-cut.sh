#!/usr/bin/env bash
# Power cuts at random moments of a write-heavy load: a disk that forgets what was not synced.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node_modules/.bin/node test/soak/power-cut.ts "${1:-100}"
