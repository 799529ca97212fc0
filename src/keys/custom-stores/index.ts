export * from './custom-store-records.ts'
export * from './custom-stores.ts'
export * from './hsm-tokens.ts'
export * from './store-changes.ts'
