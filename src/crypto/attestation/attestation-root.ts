import { parseChainCertificate } from './chain-certificate.ts'

/** Reads the certificate of a root of attestation, in DER: an authority of its own on P-384. `undefined` for anything else. */
export function parseAttestationRoot(der: Buffer): Buffer | undefined {
  const root = parseChainCertificate(der)
  const isRoot = root !== undefined && root.isAuthority && root.signsCertificates && root.isIssuedBy(root)
  return isRoot ? root.der : undefined
}

/**
 * The root of AWS’s Nitro Enclaves and NitroTPMs in the commercial partition (aws.nitro-enclaves, G1), DER. Its SHA-256 is published at
 * https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html, and a test compares.
 */
export const awsNitroRoot = Buffer.from(
  'MIICETCCAZagAwIBAgIRAPkxdWgbkK/hHUbMtOTn+FYwCgYIKoZIzj0EAwMwSTELMAkGA1UEBhMCVVMxDzANBgNVBAoMBkFtYXpvbjEMMAoGA1UECwwDQVdTMRsw' +
    'GQYDVQQDDBJhd3Mubml0cm8tZW5jbGF2ZXMwHhcNMTkxMDI4MTMyODA1WhcNNDkxMDI4MTQyODA1WjBJMQswCQYDVQQGEwJVUzEPMA0GA1UECgwGQW1hem9uMQww' +
    'CgYDVQQLDANBV1MxGzAZBgNVBAMMEmF3cy5uaXRyby1lbmNsYXZlczB2MBAGByqGSM49AgEGBSuBBAAiA2IABPwCVOumCMHzaHDimtqQvkY4MpJzbolL//Zy2YlE' +
    'S1BR5TSksfbb48C8WBoyt7F2Bw7eEtaaP+ohG2bnUs990d0JX28TcPQXCEPZ3BABIeTPYwEoCWZEh8l5YoQwTcU/9KNCMEAwDwYDVR0TAQH/BAUwAwEB/zAdBgNV' +
    'HQ4EFgQUkCW1DdkFR+eWw5b6cp3PmanfS5YwDgYDVR0PAQH/BAQDAgGGMAoGCCqGSM49BAMDA2kAMGYCMQCjfy+Rocm9Xue4YnwWmNJVA44fA0P5W2OpYow9OYCV' +
    'RaEevL8uO1XYru5xtMPWrfMCMQCi85sWBbJwKKXdS6BptQFuZbT73o/gBh1qUxl/nNr12UO8Yfwr6wPLb+6NIwLz3/Y=',
  'base64',
)
