import { ServiceError } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { parseBase64 } from '../base64.ts'
import type { MemberShape, ServiceModel } from '../service-model.ts'
import { addViolation, compileConstraints, compileElementConstraints, isBroken, missingMember } from '../violations.ts'
import type { Violations } from '../violations.ts'
import { wordingOf } from '../wording.ts'

/** Decodes a parsed JSON value of a shape; broken constraints are collected, wrong types thrown. */
export type JsonDecoder = (value: unknown, path: string, violations: Violations) => unknown

/** Compiles the decoder of a structure. Members that the shape lacks are not copied: AWS ignores them too. */
export function compileStructureDecoder(model: ServiceModel, name: string): JsonDecoder {
  const wording = wordingOf(model.service)
  const members = Object.entries(model.structures[name]!).map(([member, shape]) => ({
    member,
    segment: member.charAt(0).toLowerCase() + member.slice(1),
    shape,
    decode: compileMember(model, shape),
  }))
  return (value, path, violations) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, 'Structure')
    const decoded: Record<string, unknown> = {}
    for (const { member, segment, shape, decode } of members) {
      const given = (value as JsonObject)[member]
      const at = path === '' ? segment : `${path}.${segment}`
      if (given === undefined || given === null) {
        if (shape.required === true) addViolation(violations, missingMember(at, shape, wording))
      } else decoded[member] = decode(given, at, violations)
    }
    return decoded
  }
}

function compileMember(model: ServiceModel, shape: MemberShape): JsonDecoder {
  const decode = compileType(model, shape)
  const check = compileConstraints(shape, wordingOf(model.service))
  if (check === undefined) return decode
  // A list that is too long is not decoded first: its elements would cost as much as they like.
  if (shape.type === 'list') {
    return (value, path, violations) => {
      if (Array.isArray(value) && isBroken(check, value, path, violations)) return []
      return decode(value, path, violations)
    }
  }
  return (value, path, violations) => {
    const decoded = decode(value, path, violations)
    check(decoded, path, violations)
    return decoded
  }
}

function compileType(model: ServiceModel, shape: MemberShape): JsonDecoder {
  switch (shape.type) {
    case 'string':
      return decodeString
    case 'boolean':
      return decodeBoolean
    case 'integer':
      return decodeInteger
    case 'timestamp':
      return decodeTimestamp
    case 'blob':
      return decodeBlob
    case 'list':
      return compileList(model, shape)
    case 'map':
      return compileMap(compileMember(model, shape.of!))
    case 'structure':
      return lazily(() => compileStructureDecoder(model, shape.shape!))
  }
}

// A structure may hold itself.
function lazily(compile: () => JsonDecoder): JsonDecoder {
  let compiled: JsonDecoder | undefined
  return (value, path, violations) => (compiled ??= compile())(value, path, violations)
}

const decodeString: JsonDecoder = value => {
  if (typeof value !== 'string') throw wrongType(value, 'String')
  return value
}

const decodeBoolean: JsonDecoder = value => {
  if (typeof value !== 'boolean') throw wrongType(value, 'Boolean')
  return value
}

const decodeInteger: JsonDecoder = value => {
  if (typeof value !== 'number') throw wrongType(value, 'Integer')
  if (!Number.isSafeInteger(value)) throw new ServiceError('SerializationException', 'Number is out of range')
  return value
}

const decodeTimestamp: JsonDecoder = value => {
  if (typeof value !== 'number' || !Number.isSafeInteger(Math.round(value * 1_000))) throw wrongType(value, 'Timestamp')
  return Math.round(value * 1_000)
}

const decodeBlob: JsonDecoder = value => {
  if (typeof value !== 'string') throw wrongType(value, 'Blob')
  const bytes = parseBase64(value)
  if (bytes === undefined) throw new ServiceError('SerializationException', 'Blob is not valid base64')
  return bytes
}

function compileList(model: ServiceModel, shape: MemberShape): JsonDecoder {
  // What is asked of an element is told of the list.
  const decode = compileType(model, shape.of!)
  const checkElements = compileElementConstraints(shape, wordingOf(model.service))
  return (value, path, violations) => {
    if (!Array.isArray(value)) throw wrongType(value, 'List')
    const decoded = value.map((element: unknown, index) => {
      if (element === null) throw wrongType(element, 'member')
      return decode(element, `${path}.${index + 1}.member`, violations)
    })
    checkElements?.(decoded, path, violations)
    return decoded
  }
}

function compileMap(decode: JsonDecoder): JsonDecoder {
  return (value, path, violations) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, 'Map')
    // Names are the caller's: none of them may mean anything to the object.
    const decoded = Object.create(null) as Record<string, unknown>
    for (const [name, element] of Object.entries(value)) {
      if (element === null) throw wrongType(element, 'value')
      decoded[name] = decode(element, `${path}.${name}.member`, violations)
    }
    return decoded
  }
}

const tokenNames: Readonly<Record<string, string>> = {
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'TRUE_VALUE',
  object: 'START_OBJECT',
}

function wrongType(value: unknown, wanted: string): ServiceError {
  const token = value === null ? 'NULL_VALUE' : Array.isArray(value) ? 'START_ARRAY' : tokenNames[typeof value]!
  const given = value === false ? 'FALSE_VALUE' : token
  return new ServiceError('SerializationException', `${given} can not be converted to a ${wanted}`)
}
