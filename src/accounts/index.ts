export * from './account-changes.ts'
export * from './account-records.ts'
export * from './accounts.ts'
