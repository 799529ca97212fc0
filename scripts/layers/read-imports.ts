export interface Import {
  readonly specifier: string
  readonly line: number
  /** Nothing of it is left at run time. */
  readonly isTypeOnly: boolean
}

// The formatter writes statements at the start of a line and strings in single quotes, so no parser is needed.
const patterns = [
  /^(?:import|export)\s(?<clause>[^'"`;]*?)\bfrom\s+'(?<specifier>[^']+)'/gm,
  /^import\s+'(?<specifier>[^']+)'/gm,
  /\bimport\(\s*'(?<specifier>[^']+)'\s*\)/g,
  /\bnew URL\(\s*'(?<specifier>\.[^']*\.ts)',\s*import\.meta\.url\s*\)/g,
]

/** What a source file imports: static, dynamic, and files that it names for a worker. */
export function readImports(source: string): readonly Import[] {
  return patterns.flatMap(pattern => [...source.matchAll(pattern)].map(match => toImport(source, match)))
}

function toImport(source: string, match: RegExpExecArray): Import {
  const { clause = '', specifier = '' } = match.groups ?? {}
  return { specifier, line: source.slice(0, match.index).split('\n').length, isTypeOnly: isTypeClause(clause) }
}

function isTypeClause(clause: string): boolean {
  if (/^type\s/.test(clause)) return true
  const named = /^\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups?.['names']
  const names = (named ?? '').split(',').map(name => name.trim())
  return named !== undefined && names.every(name => name === '' || name.startsWith('type '))
}
