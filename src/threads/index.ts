export { boundedWork } from './bounded-work.ts'
