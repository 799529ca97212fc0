export { readDataDirectory } from './data-directory.ts'
export { passphraseVariable } from './gather-settings.ts'
export { settings } from './settings.ts'
