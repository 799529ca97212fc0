// Fails where an export of src/ has no doc comment: what it is, and what its signature cannot say.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './run-command.ts'

const declaration = /^export (?:async )?(?:function|class|const|interface|type) (\w+)/

/** The exports of a source text that have no doc comment on the line before them. */
export function undocumentedExports(text: string): readonly { readonly line: number; readonly name: string }[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const name = declaration.exec(line)?.[1]
    const before = lines[index - 1]?.trim() ?? ''
    return name === undefined || before.endsWith('*/') ? [] : [{ line: index + 1, name }]
  })
}

/** Sources of our own: no tests, and no models, whose names are AWS's. */
function sources(): readonly string[] {
  return readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('wire/models/'))
    .map(file => join('src', file))
    .sort()
}

if (import.meta.main) {
  const found = sources().flatMap(file =>
    undocumentedExports(readFileSync(join(repository, file), 'utf8')).map(
      ({ line, name }) => `${file}:${line} ${name}`,
    ),
  )
  for (const place of found) console.error(place)
  if (found.length > 0) {
    console.error(`${found.length} exports have no doc comment`)
    process.exitCode = 1
  }
}
