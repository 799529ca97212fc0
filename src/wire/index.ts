export * from './service-name.ts'
