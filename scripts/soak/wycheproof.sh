#!/usr/bin/env bash
# All of Wycheproof that is here; `npm test` leaves out most of what a library verifies from a given digest.
set -euo pipefail
cd "$(dirname "$0")/../.."
POSTERN_SOAK_WYCHEPROOF=whole exec node_modules/.bin/node --test test/vectors/wycheproof.test.ts
