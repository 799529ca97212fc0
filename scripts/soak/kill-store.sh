#!/usr/bin/env bash
# kill -9 at 1,000 random moments of a write-heavy load on the store and the trail.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node_modules/.bin/node test/soak/kill-store.ts "${1:-1000}"
