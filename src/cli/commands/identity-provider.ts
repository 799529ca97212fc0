import { resolve } from 'node:path'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf, requiredOption } from '../command.ts'
import type { Command, Option } from '../command.ts'
import { readNamedFile } from '../file-access.ts'
import type { CreatedIdentityProvider, ListedIdentityProvider } from '../../server/index.ts'

const accountOption: Option = { name: 'account', form: 'ID', text: 'The account: twelve digits' }
const urlOption: Option = { name: 'url', form: 'URL', text: 'The issuer, exactly as its tokens have it in "iss"' }
const jsonOption: Option = { name: 'json', text: 'As JSON' }

/** `postern identity-provider create`. */
export const identityProviderCreateCommand: Command = {
  name: 'identity-provider create',
  summary:
    'Lets roles of an account trust the tokens of an OpenID Connect issuer: a Kubernetes cluster, a CI system. Its keys come from a file, from a URL, or from where the issuer itself says.',
  usage: '--account ID --url https://ISSUER --client-id AUDIENCE [--jwks-file FILE | --jwks-url URL] [--ca-file FILE]',
  options: [
    ...serverOptions,
    accountOption,
    urlOption,
    { name: 'client-id', form: 'AUDIENCE', many: true, text: 'What its tokens may be for; may be given again' },
    { name: 'jwks-file', form: 'FILE', text: 'Its public keys, a JWK set: nothing is ever fetched' },
    { name: 'jwks-url', form: 'URL', text: 'Fetch its keys from here; default: where its discovery document says' },
    { name: 'ca-file', form: 'FILE', text: 'Trust certificates issued by these too when keys are fetched, PEM' },
    jsonOption,
  ],
  async run(given, terminal) {
    // Files before the working directory is changed to reach the server.
    const body = {
      account: requiredOption(given, 'account', this.name),
      url: requiredOption(given, 'url', this.name),
      clientIds: given.flags.get('client-id') ?? [requiredOption(given, 'client-id', this.name)],
      jwks: textOf(optionOf(given, 'jwks-file')),
      jwksUrl: optionOf(given, 'jwks-url'),
      authorities: textOf(optionOf(given, 'ca-file')),
    }
    const directory = dataDirectoryOf(given, terminal)
    const created = await askServer<CreatedIdentityProvider>(directory, '/identity-provider/create', body)
    const { provider, problem } = created
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(created, null, 2)}\n`)
    else terminal.out(`${provider.arn} is there: name it as "Federated" principal in the trust policy of a role\n`)
    if (problem !== undefined)
      terminal.error(`postern: The provider is there, but no token of it can be verified yet: ${problem}\n`)
    return 0
  },
}

const textOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readNamedFile(resolve(path))

/** `postern identity-provider list`. */
export const identityProviderListCommand: Command = {
  name: 'identity-provider list',
  summary: 'Lists the identity providers that accounts trust, and where their keys come from.',
  usage: '[--account ID]',
  options: [...serverOptions, { ...accountOption, text: 'Of this account only' }, jsonOption],
  async run(given, terminal) {
    const account = optionOf(given, 'account')
    const { providers } = await askServer<{ providers: readonly ListedIdentityProvider[] }>(
      dataDirectoryOf(given, terminal),
      '/identity-provider/list',
      account === undefined ? {} : { account },
    )
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(providers, null, 2)}\n` : providers.map(lineOf).join(''))
    return 0
  },
}

function lineOf({ account, url, clientIds, keys, keyIds }: ListedIdentityProvider): string {
  const from = keyIds === undefined ? keys : `file (${keyIds.join(', ')})`
  return `${account}  ${url}  for ${clientIds.join(', ')}  keys: ${from}\n`
}

/** `postern identity-provider delete`. */
export const identityProviderDeleteCommand: Command = {
  name: 'identity-provider delete',
  summary:
    'Ends the trust in an identity provider: none of its tokens is accepted any more. Sessions that began last to their end.',
  usage: '--account ID --url https://ISSUER',
  options: [...serverOptions, accountOption, urlOption, jsonOption],
  async run(given, terminal) {
    const body = { account: requiredOption(given, 'account', this.name), url: requiredOption(given, 'url', this.name) }
    const deleted = await askServer<{ arn: string }>(
      dataDirectoryOf(given, terminal),
      '/identity-provider/delete',
      body,
    )
    terminal.out(
      hasFlag(given, 'json') ? `${JSON.stringify(deleted, null, 2)}\n` : `${deleted.arn} is trusted no more\n`,
    )
    return 0
  },
}
