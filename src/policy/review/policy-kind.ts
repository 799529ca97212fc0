/** The kinds of policy documents: each has rules of its own, and traps of its own. */
export const policyKinds = ['key', 'identity', 'endpoint', 'trust', 'scp', 'rcp'] as const

/** What a document is the policy of: a key, a principal, an endpoint, a role to be assumed, or a part of an organization. */
export type PolicyKind = (typeof policyKinds)[number]
