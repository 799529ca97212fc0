#!/usr/bin/env bash
# Terraform with the AWS provider against a Postern. Set TF_PLUGIN_DIR where the provider can't be downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v terraform > /dev/null || { echo 'Terraform is not installed here: see https://developer.hashicorp.com/terraform/install' >&2; exit 1; }
node_modules/.bin/node test/terraform/prove-identity.ts
node_modules/.bin/node test/terraform/prove-keys.ts
node_modules/.bin/node test/terraform/prove-network.ts
