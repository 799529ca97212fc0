/** The hardware address of an interface, or of something else with a first byte of its own: locally administered, and made from the id. */
export function macAddressOf(id: string, firstByte: '02' | '0a' = '02'): string {
  return [firstByte, ...id.slice(-10).match(/../g)!].join(':')
}
