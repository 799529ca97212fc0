/** One setting of the server: a flag, an environment variable and a key of `postern.toml` at once. */
export interface Setting {
  /** In kebab-case: `--data-dir`, `data-dir = …`, `POSTERN_DATA_DIR`. */
  readonly name: string
  /** What the value looks like, for help and docs. */
  readonly form: string
  /** Whether it may be given several times (flags), as a list (TOML) or with commas (environment). */
  readonly many: boolean
  /** The default as people read it. */
  readonly standard: string
  readonly text: string
}

/** All settings, in the order of the help. The docs' table is generated from this. */
export const settings: readonly Setting[] = [
  row('data-dir', 'DIR', '$XDG_DATA_HOME/postern', 'Where everything is kept; created with mode 0700'),
  row(
    'root-key',
    'FILE',
    '$XDG_CONFIG_HOME/postern/root.key',
    'File of the root key, outside the data directory; created at first start',
  ),
  row(
    'passphrase-fd',
    'NUMBER',
    'none',
    'Derive the root key from a passphrase read from this file descriptor, instead of a root key file',
  ),
  row('passphrase-prompt', 'true|false', 'false', 'Ask for that passphrase on the terminal'),
  row('api', 'HOST:PORT', '127.0.0.1:8443', 'The public door: one HTTPS address for all services'),
  {
    ...row(
      'certificate',
      'FILE',
      'none',
      'A certificate of your own with its chain (PEM), served to clients that ask for a name that it is for; else those of Postern’s authority',
    ),
    many: true,
  },
  {
    ...row('certificate-key', 'FILE', 'none', 'The private key of such a certificate (PEM, without a passphrase)'),
    many: true,
  },
  row('public-kms', 'on|off', 'on', 'Whether KMS is served at the public door too'),
  {
    ...row(
      'kms-quota',
      'off|aws|CLASS=RATE',
      'generous ones',
      'Requests a second that an account may send in a Region: none of them limited, as AWS limits them, or of one class (RATE: a number, or off)',
    ),
    many: true,
  },
  { ...row('region', 'REGION', 'us-west-2', 'A Region to serve; the first is the default Region'), many: true },
  row(
    'network',
    'loopback|netns|proxy',
    'loopback',
    'The driver that opens the doors of endpoints: addresses of 127/8, a network namespace of Linux for each VPC, or proxies in front',
  ),
  {
    ...row(
      'proxy-listen',
      'HOST:PORT[=ENDPOINT]',
      'none',
      'With the proxy network: where proxies connect, and the one endpoint that this leads to; if not named, their headers must name it',
    ),
    many: true,
  },
  {
    ...row(
      'proxy-peer',
      'ADDRESS[/BITS][=ENDPOINT]',
      'none',
      'A proxy, or a block of them, whose headers are believed, and an endpoint that it may speak for; for all if none is named. The smallest block that holds an address decides',
    ),
    many: true,
  },
  {
    ...row(
      'proxy-endpoint',
      'AWS-ENDPOINT=ENDPOINT',
      'none',
      'The endpoint that headers mean by the id of an endpoint of AWS’s',
    ),
    many: true,
  },
  row(
    'fips-endpoints',
    'on|off',
    'off',
    'Whether com.amazonaws.REGION.kms-fips is offered too; what it leads to is the same KMS, whose cryptography is not FIPS-validated',
  ),
  row('endpoint-port', 'PORT', '8443; with netns 443', 'Port of the doors of endpoints'),
  row('resolver-port', 'PORT', '8053; with netns 53', 'Port of the resolver of each VPC (UDP and TCP)'),
  row(
    'run-as',
    'USER',
    'the owner of the data directory',
    'With netns, where root starts it: the user that the server runs as; root keeps only the namespaces',
  ),
  {
    ...row(
      'vpc-namespace',
      'VPC=NAME',
      'none',
      'With netns, where root starts it: a network namespace of your own for a VPC, instead of one that Postern makes',
    ),
    many: true,
  },
  row(
    'resolver-upstream',
    'HOST:PORT',
    'none',
    'Where resolvers forward names that are not theirs; refused if not set',
  ),
  row(
    'resolver-public-address',
    'IPV4',
    'none',
    'What resolvers answer for names of served services where a VPC has no endpoint for them; NXDOMAIN if not set',
  ),
  {
    ...row(
      'xks-proxy',
      'URL[=HOST:PORT]',
      'none',
      'A proxy that external key stores may use, such as https://xks.example.com, and where it is reached if not at that name and port 443',
    ),
    many: true,
  },
  row(
    'xks-authorities',
    'FILE',
    'none',
    'Certificates (PEM) that those of the proxies may be issued by, beside the system’s',
  ),
  row('xks-timeout', 'NUMBER', '250', 'Milliseconds that a call to a proxy may take; AWS gives 250'),
  row(
    'pkcs11-module',
    'FILE',
    'none',
    'PKCS#11 module of the HSMs behind AWS CloudHSM key stores; needs the package pkcs11js',
  ),
  {
    ...row(
      'cloudhsm-token',
      '[ACCOUNT:]CLUSTER=LABEL',
      'none',
      'A cluster id that stores may name, of that account or of any, and the label of its token',
    ),
    many: true,
  },
  row('pkcs11-user', 'USER', 'none', 'Log in with USER:PASSWORD as the PIN, as AWS CloudHSM’s own module wants it'),
  {
    ...row(
      'attestation-root',
      'aws|FILE',
      'none',
      'Whose attestation documents are believed: those of AWS’s Nitro system, or of the root in a certificate file (PEM)',
    ),
    many: true,
  },
  row('metrics', 'HOST:PORT', '127.0.0.1:9464', 'Health, readiness and metrics; loopback only'),
  row('trail-durability', 'written|synced', 'written', 'How far a record must have gone before the answer leaves'),
  row('log-level', 'LEVEL', 'info', 'trace, debug, info, warn, error or silent'),
]

function row(name: string, form: string, standard: string, text: string): Setting {
  return { name, form, standard, text, many: false }
}

/** The environment variable of a setting: `POSTERN_DATA_DIR`. */
export function environmentName(setting: Setting): string {
  return `POSTERN_${setting.name.toUpperCase().replaceAll('-', '_')}`
}
