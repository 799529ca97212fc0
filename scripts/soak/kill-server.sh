#!/usr/bin/env bash
# kill -9 of a whole server under the load of SDK clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node_modules/.bin/node test/soak/kill-server.ts "${1:-50}"
