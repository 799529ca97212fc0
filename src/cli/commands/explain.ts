import {
  createAuthorizer,
  differencesFrom,
  explainVerdict,
  formatExplanation,
  parseQuestionFile,
} from '../../authorization/index.ts'
import type { Explanation } from '../../authorization/index.ts'
import { ConfigError } from '../../base/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf } from '../command.ts'
import type { Command, Given, Terminal } from '../command.ts'
import { readNamedFile } from '../file-access.ts'
import type { ExplainedDecision } from '../../server/index.ts'

/** `postern explain`: why a request was allowed or refused, from the decision that was enforced; or what a question file comes to. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'Tells why a request was allowed or refused: which layer and statement, and what each condition compared.',
  usage: 'REQUEST-ID | --last | --question question.json',
  positionals: ['REQUEST-ID'],
  options: [
    ...serverOptions,
    { name: 'last', text: 'The last refusal, or the last decision where nothing was refused' },
    {
      name: 'question',
      form: 'FILE',
      text: 'Decide the question of a file, without a server: who asks for what, and the policies (docs/questions.md)',
    },
    { name: 'json', text: 'Everything, as JSON' },
  ],
  async run(given, terminal) {
    const [requestId] = given.positionals
    const file = optionOf(given, 'question')
    if ([requestId, file, hasFlag(given, 'last') || undefined].filter(each => each !== undefined).length !== 1) {
      throw new ConfigError(
        'Give a request id, --last or --question FILE: the id is in the error that the AWS CLI prints with --debug, and in the trail',
      )
    }
    if (file !== undefined) return explainQuestion(file, given, terminal)
    const explained = await askServer<ExplainedDecision>(dataDirectoryOf(given, terminal), '/explain', { requestId })
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(explained, null, 2)}\n` : format(explained))
    return 0
  },
}

function format(explained: ExplainedDecision): string {
  const { requestId, at, service, operation, caller, door } = explained
  const head = [`${service}:${operation}  ${at}  request ${requestId}`, `by ${caller}`, `through ${door}`]
  return `${head.join('\n')}\n\n${formatExplanation(explained.explanation as Explanation).trimEnd()}\n`
}

/** Decides a question file; where it says what is expected, another answer is a bad result. */
async function explainQuestion(file: string, given: Given, terminal: Terminal): Promise<number> {
  const { name, facts, checks, sources, expected } = parseQuestionFile(readNamedFile(file), file)
  const verdict = await createAuthorizer(sources).authorize(facts, checks)
  const explanation = explainVerdict(verdict)
  const differences = expected === undefined ? [] : differencesFrom(expected, verdict)
  if (hasFlag(given, 'json')) {
    const tested = expected === undefined ? {} : { asExpected: differences.length === 0, differences }
    terminal.out(`${JSON.stringify({ name, ...tested, explanation }, null, 2)}\n`)
  } else {
    const lines = differences.map(difference => `NOT AS EXPECTED: ${difference}`)
    terminal.out([name, '', formatExplanation(explanation).trimEnd(), ...lines, ''].join('\n'))
  }
  return differences.length === 0 ? 0 : 1
}
