import { JsonSyntaxError, parseStrictJson } from '../../base/index.ts'
import { layerNames } from '../../policy/index.ts'
import type { LayerName } from '../../policy/index.ts'
import type { AccessCheck, AccessFacts } from '../access.ts'
import type { PolicySources } from '../authorize.ts'
import { Place, anyValue, flag, listOf, objectAt, objectOf, oneOf, recordOf, textOf } from './place.ts'
import type { Reader } from './place.ts'
import { askedChecks, askedFacts } from './question-asked.ts'
import type { Asked, AskedCheck } from './question-asked.ts'
import { grants } from './question-grants.ts'
import { policySources } from './question-policies.ts'
import type { GivenPolicies } from './question-policies.ts'

/** What a question file asks, ready to be decided, and what it says of itself. The format: docs/questions.md. */
export interface QuestionFile {
  readonly name: string
  /** The rule that it shows. */
  readonly fact?: string
  readonly source?: QuestionSource
  readonly facts: AccessFacts
  readonly checks: readonly AccessCheck[]
  readonly sources: PolicySources
  readonly expected?: ExpectedAnswer
}

/** Where the expected answer is from: a page of AWS's documentation, or an answer that was recorded. */
export interface QuestionSource {
  readonly page?: string
  readonly recorded?: string
}

/** The answer that a question file expects. */
export interface ExpectedAnswer {
  readonly allowed: boolean
  readonly refusedBy?: LayerName
  readonly explicit?: boolean
  readonly message?: string
  readonly byEndpointOnly?: boolean
}

interface Written {
  readonly name?: string
  readonly fact?: string
  readonly source?: QuestionSource
  readonly question: Asked
  readonly policies?: GivenPolicies
  readonly accounts?: { readonly closed?: readonly string[] }
  readonly organization?: unknown
  readonly expected?: ExpectedAnswer
}

const text = textOf()
const texts = recordOf(text)

const contextValue: Reader<string | readonly string[]> = (value, place) =>
  Array.isArray(value) ? listOf(text)(value, place) : text(value, place)

const checkMembers = {
  action: textOf(/^[a-z0-9-]+:[A-Za-z0-9]+$/, 'an action like kms:Decrypt'),
  resource: textOf(/^(?:key|role|none|arn:.+)$/, 'key, role, none or an ARN'),
  context: recordOf(contextValue),
  keyTags: texts,
  aliases: listOf(text),
  wording: oneOf('resource', 'nowhere', 'ciphertext'),
}

const regionName = textOf(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a Region')

const asked = objectOf<Asked>(
  {
    ...checkMembers,
    caller: text,
    principalTags: texts,
    through: textOf(/^(?:public|vpce-[0-9A-Za-z-]+)$/, 'public, or the id of an endpoint'),
    via: text,
    vpc: textOf(/^vpc-[0-9A-Za-z-]+$/, 'the id of a VPC'),
    endpointAccount: textOf(/^\d{12}$/, 'the twelve digits of an account'),
    clientAddress: text,
    region: regionName,
    at: text,
    userAgent: text,
    sourceArn: textOf(/^arn:/, 'an ARN'),
    also: listOf(
      objectOf<AskedCheck>(
        { ...checkMembers, region: regionName, key: objectAt, trust: objectAt },
        'action',
        'resource',
      ),
    ),
  },
  'caller',
  'action',
  'resource',
)

const written = objectOf<Written>(
  {
    name: text,
    fact: text,
    source: objectOf<QuestionSource>({ page: textOf(/^https:\/\/\S+$/, 'the address of a page'), recorded: text }),
    question: asked,
    policies: objectOf<GivenPolicies>({
      key: objectAt,
      trust: objectAt,
      identity: listOf(objectAt),
      boundary: objectAt,
      session: listOf(objectAt),
      endpoint: objectAt,
      grants,
    }),
    accounts: objectOf<{ readonly closed?: readonly string[] }>({
      closed: listOf(textOf(/^\d{12}$/, 'the twelve digits of an account')),
    }),
    organization: anyValue,
    expected: objectOf<ExpectedAnswer>(
      {
        allowed: flag,
        refusedBy: oneOf<LayerName>(...layerNames),
        explicit: flag,
        message: text,
        byEndpointOnly: flag,
      },
      'allowed',
    ),
  },
  'question',
)

/** Reads a question file. @throws {ConfigError} with the place of what is wrong in it. */
export function parseQuestionFile(content: string, file: string): QuestionFile {
  const place = new Place(file)
  const { question, policies = {}, accounts, organization, ...about } = written(parseJson(content, file), place)
  const facts = askedFacts(question, place.member('question'))
  return {
    ...about,
    name: about.name ?? `${question.caller} asks for ${question.action}`,
    facts,
    checks: askedChecks(question, policies, facts, place),
    sources: policySources({ policies, closed: accounts?.closed ?? [], organization }, place),
  }
}

function parseJson(content: string, file: string): unknown {
  try {
    return parseStrictJson(content)
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause
    throw new Place(`${file}:${cause.line}:${cause.column}`).fault(`is no valid JSON, ${cause.message}`, { cause })
  }
}
