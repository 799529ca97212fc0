#!/usr/bin/env bash
# Ten million messages with one key: no nonce comes twice.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node_modules/.bin/node test/soak/ten-million-messages.ts
