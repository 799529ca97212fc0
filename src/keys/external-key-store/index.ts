export * from './external-key-store.ts'
export * from './proxy-answers.ts'
export * from './proxy-failure.ts'
