import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../../base/index.ts'
import { CustomStores, noHsmTokens } from '../../keys/index.ts'
import type { CustomStoresOptions } from '../../keys/index.ts'
import type { Config } from '../config.ts'
import { Pkcs11Tokens } from './pkcs11-tokens.ts'
import { ProxyCaller } from './send-to-proxy.ts'

/** Opens the custom key stores, with the proxies and HSMs that the operator has named. @throws {ConfigError} */
export function openCustomStores(
  options: Omit<CustomStoresOptions, 'proxies' | 'tokens'>,
  { xks, pkcs11 }: Pick<Config, 'xks' | 'pkcs11'>,
  opened: AsyncDisposableStack,
): CustomStores {
  const authorities = xks.authoritiesFile === undefined ? undefined : readCertificates(xks.authoritiesFile)
  const proxies = opened.use(new ProxyCaller({ ...xks, authorities }))
  const tokens = pkcs11 === undefined ? noHsmTokens : opened.use(new Pkcs11Tokens(pkcs11, options.report))
  // Ends before the ways to its proxies and HSMs do.
  return opened.use(new CustomStores({ ...options, proxies, tokens }))
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    if (new X509Certificate(text).raw.length > 0) return text
  } catch (cause) {
    throw new ConfigError(notCertificates(file), { cause })
  }
  throw new ConfigError(notCertificates(file))
}

const notCertificates = (file: string): string =>
  `Cannot read certificates from ${file}: xks-authorities must name a readable file in PEM`
