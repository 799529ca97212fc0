import { formatExplanation } from '../../authorization/index.ts'
import type { Explanation } from '../../authorization/index.ts'
import { ConfigError } from '../../base/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag } from '../command.ts'
import type { Command } from '../command.ts'
import type { ExplainedDecision } from '../../server/index.ts'

/** `postern explain`: why a request was allowed or refused, from the decision that was enforced. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'Tells why a request was allowed or refused: which layer and statement, and what each condition compared.',
  usage: 'REQUEST-ID | --last',
  positionals: ['REQUEST-ID'],
  options: [
    ...serverOptions,
    { name: 'last', text: 'The last refusal, or the last decision where nothing was refused' },
    { name: 'json', text: 'Everything, as JSON' },
  ],
  async run(given, terminal) {
    const [requestId] = given.positionals
    if ((requestId === undefined) === !hasFlag(given, 'last')) {
      throw new ConfigError(
        'Give a request id, or --last: the id is in the error that the AWS CLI prints with --debug, and in the trail',
      )
    }
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
