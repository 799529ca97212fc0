import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { chmodSync, rmSync } from 'node:fs'
import { ConfigError, JsonSyntaxError, ServiceError, parseStrictJson } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import type { Log } from '../log.ts'

/** One act of administration: gets a JSON object, gives another. @throws {ConfigError} for the operator to read. */
export type AdminAct = (body: JsonObject) => Promise<object>

const socketName = 'admin.sock'
// A file of keys and a file of certificates have room in it.
const maxBody = 1_048_576
/** Of acts that take many documents. */
const maxBodies: Readonly<Record<string, number>> = { '/organization/apply': 16 * 1_048_576 }

/**
 * Listens on `admin.sock` in the data directory (which must be the working directory: a socket's path may have 107 bytes).
 * Only the owner of the directory can connect; that is the whole of its protection, and it never listens on a network.
 */
export async function openAdminListener(acts: ReadonlyMap<string, AdminAct>, log: Log): Promise<Server> {
  const server = createServer((request, response) => {
    answerAct(request, response, acts, log).catch(error => {
      log.error({ err: error }, 'administration failed')
      response.destroy()
    })
  })
  // What a killed server left behind; the lock on the data directory says that no other one lives.
  rmSync(socketName, { force: true })
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(socketName, resolve)
    })
  } finally {
    process.umask(mask)
  }
  chmodSync(socketName, 0o600)
  return server
}

async function answerAct(
  request: IncomingMessage,
  response: ServerResponse,
  acts: ReadonlyMap<string, AdminAct>,
  log: Log,
): Promise<void> {
  const act = acts.get(request.url ?? '')
  if (act === undefined || request.method !== 'POST')
    return end(response, 404, { error: 'The server knows no such act' })
  try {
    end(response, 200, await act(parseBody(await readAll(request, maxBodies[request.url ?? ''] ?? maxBody))))
  } catch (error) {
    if (!isForTheOperator(error)) log.error({ err: error, act: request.url }, 'administration failed')
    end(response, isForTheOperator(error) ? 400 : 500, {
      error: isForTheOperator(error) ? error.message : 'The server failed: see its log',
    })
  }
}

const isForTheOperator = (error: unknown): error is Error =>
  error instanceof ConfigError || error instanceof ServiceError || error instanceof JsonSyntaxError

function parseBody(text: string): JsonObject {
  const body = parseStrictJson(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ConfigError('The body must be a JSON object')
  return body as JsonObject
}

async function readAll(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw new ConfigError('The body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** A member of the body that must be text if it is there. @throws {ConfigError} */
export function textMember(body: JsonObject, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw new ConfigError(`"${name}" must be text`)
}

/** A member of the body that must be a list of texts if it is there; empty if it is not. @throws {ConfigError} */
export function textsMember(body: JsonObject, name: string): readonly string[] {
  const value = body[name] ?? []
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value
  throw new ConfigError(`"${name}" must be a list of texts`)
}
