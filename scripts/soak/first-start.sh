#!/usr/bin/env bash
# A first start that is killed at each of its acts on the disk, one start an act.
set -euo pipefail
cd "$(dirname "$0")/../.."
POSTERN_SOAK_RUNS="${1:-60}" exec node_modules/.bin/node --test test/soak/first-start.test.ts
