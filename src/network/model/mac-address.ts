/** The hardware address of an interface: locally administered, and made from the interface's id. */
export function macAddressOf(interfaceId: string): string {
  const digits = interfaceId.slice(-10)
  return ['02', ...digits.match(/../g)!].join(':')
}
