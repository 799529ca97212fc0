import type { Variables } from './programs.ts'

// Settings of AWS clients, of Postern, of Node and Python about trust, and proxies: each of them would lead a call elsewhere.
const misleading =
  /^(?:AWS_|BOTO_|POSTERN_|NODE_|SSL_CERT_|REQUESTS_CA_BUNDLE$|CURL_CA_BUNDLE$)|^(?:https?|all|ftp|no)_proxy$/i

/** The environment without what would send calls, or the server's settings, elsewhere. */
export function cleanVariables(environment: Variables = process.env): Variables {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !misleading.test(name)))
}

/** What keeps AWS clients from a person's own files, from pagers and from trying again. */
export const clientVariables: Variables = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_DEFAULT_OUTPUT: 'json',
  AWS_PAGER: '',
  AWS_MAX_ATTEMPTS: '1',
}
