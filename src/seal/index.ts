export * from './key-ring.ts'
export * from './root-key.ts'
export * from './sealed-key-ring.ts'
