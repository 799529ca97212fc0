/** Response codes (RFC 1035 section 4.1.1). */
export const responseCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const

/** Types of records and of questions that are something special to us. */
export const queryTypes = {
  A: 1,
  SOA: 6,
  PTR: 12,
  AAAA: 28,
  OPT: 41,
  /** TKEY, TSIG, transfers of zones and the like, from here on ... */
  firstMeta: 249,
  /** ... up to here. */
  lastMeta: 254,
  ANY: 255,
} as const

/** The class of the Internet, the only one with names of ours. */
export const internetClass = 1
