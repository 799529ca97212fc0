// Our codecs against the SDK's own: what it sends we read, what we answer it reads, for every operation of the models.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cloudtrail from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import * as iam from '@aws-sdk/client-iam'
import * as kms from '@aws-sdk/client-kms'
import * as sts from '@aws-sdk/client-sts'
import * as fc from 'fast-check'
import { ServiceError } from '../../src/base/index.ts'
import { serviceCodec } from '../../src/wire/index.ts'
import type { ServiceName, WireAnswer } from '../../src/wire/index.ts'
import { model as cloudtrailModel } from '../../src/wire/models/cloudtrail.ts'
import { model as ec2Model } from '../../src/wire/models/ec2.ts'
import { model as iamModel } from '../../src/wire/models/iam.ts'
import { model as kmsModel } from '../../src/wire/models/kms.ts'
import { model as stsModel } from '../../src/wire/models/sts.ts'
import type { ServiceModel } from '../../src/wire/service-model.ts'
import { arbitraryStructure, asSdkHas } from './arbitrary-shape.ts'

interface SentRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

type Sdk = Readonly<Record<string, unknown>>
type Client = new (options: object) => { send(command: unknown): Promise<Record<string, unknown>> }

/** A client of the SDK whose requests go nowhere, and whose answers come from us. */
function fakeClient(sdk: Sdk, clientName: string) {
  const state: { sent?: SentRequest; answer?: WireAnswer } = {}
  const client = new (sdk[clientName] as Client)({
    region: 'us-west-2',
    endpoint: 'https://localhost',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: SentRequest) => {
        state.sent = request
        const { answer } = state
        if (answer === undefined) throw new Error('sent')
        return { response: { statusCode: answer.status, headers: answer.headers, body: Buffer.from(answer.body) } }
      },
    },
  })
  const send = (operation: string, input: object): Promise<Record<string, unknown>> => {
    const Command = sdk[`${operation}Command`] as new (input: object) => unknown
    return client.send(new Command(input))
  }
  return { state, send }
}

const services: readonly (readonly [ServiceName, ServiceModel, Sdk, string])[] = [
  ['kms', kmsModel, kms, 'KMSClient'],
  ['cloudtrail', cloudtrailModel, cloudtrail, 'CloudTrailClient'],
  ['ec2', ec2Model, ec2, 'EC2Client'],
  ['iam', iamModel, iam, 'IAMClient'],
  ['sts', stsModel, sts, 'STSClient'],
]

const seed = 20_261_124

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

/** Without what is undefined, and without empty lists and structures, which forms and XML don't have. */
function withoutEmpty(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(withoutEmpty).filter(each => !isEmpty(each))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([name]) => name !== '$metadata')
    .map(([name, each]) => [name, withoutEmpty(each)] as const)
    .filter(([, each]) => !isEmpty(each))
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

for (const [name, model, sdk, clientName] of services) {
  const codec = serviceCodec(name)
  const { state, send } = fakeClient(sdk, clientName)

  for (const [operation, shapes] of Object.entries(model.operations)) {
    test(`${name} ${operation}: what the SDK sends is what is decoded`, async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryStructure(model, shapes.input), async input => {
          delete state.answer
          await send(operation, asSdkHas(model, shapes.input, input)).catch(() => {})
          const { headers, body } = state.sent!

          const opened = codec.open({
            target: headers['x-amz-target'],
            contentType: headers['content-type'],
            body: Buffer.from(body as Uint8Array),
          })

          assert.equal(opened.operation, operation)
          assert.deepEqual(withoutEmpty(decodeOrRefusal(opened)), withoutEmpty(sentInput(input, opened)))
        }),
        { seed, numRuns: 12 },
      )
    })

    if (shapes.output === undefined) continue
    const { output: outputShape } = shapes

    test(`${name} ${operation}: what is encoded is what the SDK reads`, async () => {
      await fc.assert(
        fc.asyncProperty(
          arbitraryStructure(model, shapes.input),
          arbitraryStructure(model, outputShape),
          async (input, output) => {
            state.answer = codec.encodeOutput(operation, output, 'request-1')

            const read = await send(operation, asSdkHas(model, shapes.input, input))

            assert.deepEqual(withoutEmpty(read), withoutEmpty(asSdkHas(model, outputShape, output)))
            assert.equal((read['$metadata'] as { requestId: string }).requestId, 'request-1')
          },
        ),
        { seed, numRuns: 12 },
      )
    })
  }

  test(`${name}: the SDK reads an error's code, message and request id`, async () => {
    const [operation = ''] = Object.keys(model.operations)
    state.answer = codec.encodeError(new ServiceError('SomethingIsWrong', 'It is <wrong> & "odd"'), 'request-2')
    const [input] = fc.sample(arbitraryStructure(model, model.operations[operation]!.input), { seed, numRuns: 1 })

    const error = await send(operation, asSdkHas(model, model.operations[operation]!.input, input!)).catch(
      (cause: unknown) =>
        cause as Error & { Code?: string; $metadata: { requestId?: string; httpStatusCode?: number } },
    )

    assert.ok(error instanceof Error)
    assert.equal(error.Code ?? error.name, 'SomethingIsWrong')
    assert.equal(error.message, 'It is <wrong> & "odd"')
    assert.equal(error.$metadata.requestId, 'request-2')
    assert.equal(error.$metadata.httpStatusCode, 400)
  })

  test(`${name}: any bytes are decoded or refused with a ServiceError`, () => {
    const names = Object.keys(model.operations)
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string().map(text => Buffer.from(text)),
      fc.json().map(text => Buffer.from(text)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...names), bytes, (operation, body) => {
        const isJson = model.protocol === 'json'
        const form = `Action=${operation}&Version=${model.version}&`
        try {
          codec
            .open({
              target: isJson ? `X.${operation}` : undefined,
              contentType: isJson ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded',
              body: Buffer.concat([Buffer.from(isJson ? '' : form), body]),
            })
            .decode()
        } catch (error) {
          assert.ok(error instanceof ServiceError, String(error))
        }
      }),
      { seed, numRuns: 500 },
    )
  })
}

test('iam: the SDK reads empty lists, maps and structures as empty, not as absent', async () => {
  const codec = serviceCodec('iam')
  const { state, send } = fakeClient(iam, 'IAMClient')
  const role = { Path: '/', RoleName: 'r', RoleId: 'AROA', Arn: 'arn:aws:iam::123456789012:role/r', CreateDate: 0 }
  const answers = [
    ['ListUsers', {}, { Users: [], IsTruncated: false }],
    ['GetAccountSummary', {}, { SummaryMap: {} }],
    ['GetRole', { RoleName: 'r' }, { Role: { ...role, Tags: [], RoleLastUsed: {} } }],
  ] as const

  const read: unknown[] = []
  for (const [operation, input, output] of answers) {
    state.answer = codec.encodeOutput(operation, output, 'request-1')
    const { $metadata: _, ...members } = await send(operation, input)
    read.push(members)
  }

  assert.deepEqual(read, [
    { Users: [], IsTruncated: false },
    { SummaryMap: {} },
    { Role: { ...role, CreateDate: new Date(0), Tags: [], RoleLastUsed: {} } },
  ])
})

test('iam: what the SDK sends of lists in structures in lists is decoded as it was', async () => {
  const { state, send } = fakeClient(iam, 'IAMClient')
  const input = {
    PolicySourceArn: 'arn:aws:iam::123456789012:user/a',
    PolicyInputList: ['{"Version":"2012-10-17"}', '{}\r\n\t&=+%'],
    ActionNames: ['kms:Encrypt', 'kms:Decrypt'],
    ResourceArns: [],
    ContextEntries: [
      { ContextKeyName: 'aws:SourceVpce', ContextKeyValues: ['vpce-1', 'vpce-2'], ContextKeyType: 'stringList' },
      { ContextKeyName: 'kms:ViaService', ContextKeyValues: [], ContextKeyType: 'string' },
    ],
    MaxItems: 10,
  }

  await send('SimulatePrincipalPolicy', input).catch(() => {})
  const { headers, body } = state.sent!
  const opened = serviceCodec('iam').open({
    target: undefined,
    contentType: headers['content-type'],
    body: Buffer.from(body as Uint8Array),
  })

  assert.deepEqual(opened.decode(), input)
})

function decodeOrRefusal(opened: { decode(): unknown }): unknown {
  try {
    return opened.decode()
  } catch (error) {
    return error
  }
}

/** The SDK fills in tokens that make a request idempotent; everything else is as it was given. */
function sentInput(input: object, opened: { decode(): unknown }): object {
  const { ClientToken } = decodeOrRefusal(opened) as { readonly ClientToken?: string }
  return 'ClientToken' in input || ClientToken === undefined ? input : { ...input, ClientToken }
}
