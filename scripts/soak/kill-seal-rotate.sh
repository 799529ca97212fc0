#!/usr/bin/env bash
# kill -9 of a change of the root key at random moments.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node_modules/.bin/node test/soak/kill-seal-rotate.ts "${1:-50}"
