/** Where to listen, or whom to ask. An IPv6 address has no brackets here. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** `0` to `65535`. */
export function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

/** `host:port`, `[v6]:port`. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const number = match === null ? undefined : parsePort(match[3]!)
  if (match === null || number === undefined) return undefined
  return { host: (match[1] ?? match[2])!, port: number }
}

/** As `parseHostPort` reads it. */
export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
