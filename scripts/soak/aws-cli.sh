#!/usr/bin/env bash
# Every sub-command of `aws kms`, by the AWS CLI.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node_modules/.bin/node --test test/soak/aws-cli-kms.ts
