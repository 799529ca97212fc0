export * from './access.ts'
export * from './authorize.ts'
export * from './explain.ts'
export type { Refusal } from './refusal.ts'
