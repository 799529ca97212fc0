#!/usr/bin/env bash
# The decision of random policies against a second evaluator, 100,000 times.
set -euo pipefail
cd "$(dirname "$0")/../.."
POSTERN_SOAK_RUNS=100000 exec node_modules/.bin/node --test test/scenarios/random-policies.test.ts
