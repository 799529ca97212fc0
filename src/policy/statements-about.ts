import type { CompiledPolicy, CompiledStatement } from './compiled-policy.ts'
import { matchesAction } from './match-statement.ts'
import type { Asked } from './match-statement.ts'

// Simulations may ask for actions that nobody serves: those beyond this many are looked for each time.
const mostActions = 512

const known = new WeakMap<CompiledPolicy, Map<string, readonly CompiledStatement[]>>()

/**
 * The statements of a policy that are about the action that is asked for, in the order of the document. Nothing but the action decides
 * that, and few actions are asked for again and again: each policy remembers what it has found.
 */
export function statementsAbout(policy: CompiledPolicy, asked: Asked): readonly CompiledStatement[] {
  let byAction = known.get(policy)
  if (byAction === undefined) {
    byAction = new Map()
    known.set(policy, byAction)
  }
  const found = byAction.get(asked.action)
  if (found !== undefined) return found
  const statements = policy.statements.filter(statement => matchesAction(statement, asked))
  if (byAction.size < mostActions) byAction.set(asked.action, statements)
  return statements
}
