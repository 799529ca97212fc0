type Variables = Readonly<Record<string, string | undefined>>

const proxyVariable = /^(?:https?|all)_proxy$/i

/**
 * The variables that keep clients from asking a proxy for the server; none where the environment names no proxy. Addresses one by
 * one, because many clients understand no ranges.
 */
export function pastProxies(issued: Variables, environment: Variables): Readonly<Record<string, string>> {
  if (!Object.keys(environment).some(name => proxyVariable.test(name) && environment[name] !== '')) return {}
  const present = ['NO_PROXY', 'no_proxy'].flatMap(name => (environment[name] ?? '').split(','))
  const urls = Object.entries(issued).flatMap(([name, url]) =>
    url !== undefined && (name === 'POSTERN_API_URL' || name.startsWith('AWS_ENDPOINT_URL_')) ? [url] : [],
  )
  const hosts = [...present.map(host => host.trim()), '127.0.0.1', 'localhost', ...urls.map(hostOf)]
  const list = [...new Set(hosts.filter(host => host !== ''))].join()
  return { NO_PROXY: list, no_proxy: list }
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')
