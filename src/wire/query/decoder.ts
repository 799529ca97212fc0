import { ServiceError } from '../../base/index.ts'
import { parseBase64 } from '../base64.ts'
import type { MemberShape, ServiceModel } from '../service-model.ts'
import { addViolation, compileConstraints, isBroken, missingMember } from '../violations.ts'
import type { Violations } from '../violations.ts'
import { indexedChildren } from './form.ts'
import type { FormNode } from './form.ts'

/** Decodes a node of a form; broken constraints are collected, wrong forms thrown. */
export type FormDecoder = (node: FormNode, path: string, violations: Violations) => unknown

/** Compiles the decoder of a structure for AWS Query or EC2 Query. */
export function compileFormDecoder(model: ServiceModel, name: string): FormDecoder {
  const isEc2 = model.protocol === 'ec2'
  const members = Object.entries(model.structures[name]!).map(([member, shape]) => ({
    member,
    parameter: shape.queryName ?? member,
    segment: member.charAt(0).toLowerCase() + member.slice(1),
    shape,
    decode: compileMember(model, shape),
  }))
  const known = new Set(members.map(({ parameter }) => parameter))
  return (node, path, violations) => {
    if (isEc2) refuseUnknown(node, path, known)
    const decoded: Record<string, unknown> = {}
    for (const { member, parameter, segment, shape, decode } of members) {
      const child = node.children.get(parameter)
      const at = path === '' ? segment : `${path}.${segment}`
      if (child !== undefined) decoded[member] = decode(child, at, violations)
      else if (shape.required === true) {
        // EC2 has an error of its own for this; the others count it among the violations.
        if (isEc2) throw new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}`)
        addViolation(violations, missingMember(at, shape))
      }
    }
    return decoded
  }
}

// EC2 refuses what it does not know; the other query services pass over it.
function refuseUnknown(node: FormNode, path: string, known: ReadonlySet<string>): void {
  for (const name of node.children.keys()) {
    if (known.has(name) || (path === '' && (name === 'Action' || name === 'Version'))) continue
    throw new ServiceError('UnknownParameter', `The parameter ${name.slice(0, 128)} is not recognized`)
  }
}

function compileMember(model: ServiceModel, shape: MemberShape): FormDecoder {
  const decode = compileType(model, shape)
  const check = compileConstraints(shape)
  // A list checks its length itself, before its elements.
  if (check === undefined || shape.type === 'list') return decode
  return (node, path, violations) => {
    const decoded = decode(node, path, violations)
    check(decoded, path, violations)
    return decoded
  }
}

function compileType(model: ServiceModel, shape: MemberShape): FormDecoder {
  const scalar =
    (parse: (text: string) => unknown): FormDecoder =>
    (node, path) =>
      parseScalar(node, path, parse, model.protocol)
  switch (shape.type) {
    case 'string':
      return scalar(text => text)
    case 'boolean':
      return scalar(text => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined))
    case 'integer':
      return scalar(text => (/^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined))
    case 'timestamp':
      return scalar(parseTimestamp)
    case 'blob':
      return scalar(parseBase64)
    case 'list':
      return compileList(model, shape)
    case 'map':
      throw new TypeError('No query service of ours takes a map')
    case 'structure': {
      let compiled: FormDecoder | undefined
      return (node, path, violations) => (compiled ??= compileFormDecoder(model, shape.shape!))(node, path, violations)
    }
  }
}

function parseScalar(
  node: FormNode,
  path: string,
  parse: (text: string) => unknown,
  protocol: ServiceModel['protocol'],
): unknown {
  const parsed = node.value === undefined || node.children.size > 0 ? undefined : parse(node.value)
  if (parsed !== undefined) return parsed
  throw new ServiceError(
    protocol === 'ec2' ? 'InvalidParameterValue' : 'ValidationError',
    `Invalid value ${JSON.stringify(node.value?.slice(0, 128) ?? null)} for parameter ${path}`,
  )
}

function parseTimestamp(text: string): number | undefined {
  const instant = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(instant) ? undefined : instant
}

function compileList(model: ServiceModel, shape: MemberShape): FormDecoder {
  const decode = compileMember(model, shape.of!)
  const check = compileConstraints(shape)
  // EC2's lists are flat; the others wrap them in `.member`, or in the name that the model gives.
  const wrapper = model.protocol === 'ec2' ? undefined : (shape.of!.queryName ?? 'member')
  return (node, path, violations) => {
    // An empty list is sent as `Tags=`.
    if (node.children.size === 0 && node.value === '') {
      check?.([], path, violations)
      return []
    }
    const list = wrapper === undefined ? node : node.children.get(wrapper)
    if (list === undefined || node.value !== undefined) {
      throw new ServiceError('MalformedQueryString', `The parameter ${path} is no list`)
    }
    const elements = indexedChildren(list)
    if (
      check !== undefined &&
      isBroken(
        check,
        elements.map(({ value }) => value ?? ''),
        path,
        violations,
      )
    )
      return []
    return elements.map((child, index) => decode(child, `${path}.${index + 1}.member`, violations))
  }
}
