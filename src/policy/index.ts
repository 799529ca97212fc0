export { splitArnPattern } from './arn-pattern.ts'
export * from './compile-kinds.ts'
export type { CompiledPolicy, PolicySource } from './compiled-policy.ts'
export { areConditionValues, isConditionOperator } from './conditions/condition.ts'
export type { ContextValue } from './conditions/condition.ts'
export * from './decide.ts'
export * from './endpoint-considerations.ts'
export * from './evidence.ts'
export type {
  ContextPairs,
  GrantConstraints,
  GrantFacts,
  GrantOpinion,
  GrantParty,
  GrantsAsked,
  GrantUse,
} from './grant.ts'
export { variableNames } from './pattern-specials.ts'
export * from './policy-document-error.ts'
export * from './named-principals.ts'
export type { BoundPrincipals, PrincipalFacts, PrincipalMatch } from './principal.ts'
export type { ControlLevel, Layers, Question, ResourceFacts } from './question.ts'
export * from './review/policy-kind.ts'
export { formatWarning, policyWarnings, principalsOfPolicy, reviewPolicy } from './review/review-policy.ts'
export type { PolicyWarning } from './review/review-policy.ts'
