export { boundedWork } from './bounded-work.ts'
export type { BoundedWorkOptions, LaneLimits, OwnedSlowWork } from './bounded-work.ts'
