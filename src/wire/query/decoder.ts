import { ServiceError } from '../../base/index.ts'
import type { MemberShape, ServiceModel } from '../service-model.ts'
import { addViolation, compileConstraints, compileElementConstraints, isBroken, missingMember } from '../violations.ts'
import type { Violations } from '../violations.ts'
import { wordingOf } from '../wording.ts'
import { indexedChildren } from './form.ts'
import type { FormNode } from './form.ts'
import { malformedInput, scalarParsers } from './scalars.ts'
import type { ScalarParser } from './scalars.ts'

/** Decodes a node of a form; broken constraints are collected, wrong forms thrown. */
export type FormDecoder = (node: FormNode, path: string, violations: Violations) => unknown

/** Compiles the decoder of a structure for AWS Query or EC2 Query. */
export function compileFormDecoder(model: ServiceModel, name: string): FormDecoder {
  const isEc2 = model.protocol === 'ec2'
  const wording = wordingOf(model.service)
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
    else if (node.value !== undefined) throw malformedInput('Unexpected complex element termination')
    const decoded: Record<string, unknown> = {}
    for (const { member, parameter, segment, shape, decode } of members) {
      const child = node.children.get(parameter)
      const at = path === '' ? segment : `${path}.${segment}`
      if (child !== undefined) decoded[member] = decode(child, at, violations)
      else if (shape.required === true) {
        // EC2 has an error of its own for this; the others count it among the violations.
        if (isEc2) throw new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}`)
        addViolation(violations, missingMember(at, shape, wording))
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
  const check = compileConstraints(shape, wordingOf(model.service))
  // A list checks its length itself, before its elements.
  if (check === undefined || shape.type === 'list') return decode
  return (node, path, violations) => {
    const decoded = decode(node, path, violations)
    check(decoded, path, violations)
    return decoded
  }
}

function compileType(model: ServiceModel, shape: MemberShape): FormDecoder {
  switch (shape.type) {
    case 'list':
      return compileList(model, shape)
    case 'map':
      throw new TypeError('No query service of ours takes a map')
    case 'structure': {
      // A structure may hold itself.
      let compiled: FormDecoder | undefined
      return (node, path, violations) => (compiled ??= compileFormDecoder(model, shape.shape!))(node, path, violations)
    }
    default:
      return compileScalar(scalarParsers(model.protocol)[shape.type])
  }
}

function compileScalar(parse: ScalarParser): FormDecoder {
  return ({ value, children }, path) => parse(children.size > 0 ? undefined : value, path)
}

function compileList(model: ServiceModel, shape: MemberShape): FormDecoder {
  // What is asked of an element is told of the list.
  const decode = compileType(model, shape.of!)
  const wording = wordingOf(model.service)
  const check = compileConstraints(shape, wording)
  const checkElements = compileElementConstraints(shape, wording)
  return (node, path, violations) => {
    const elements = elementsOf(node, path)
    const values = elements.map(({ value }) => value ?? '')
    // A list that is too long is not decoded: its elements would cost as much as they like.
    if (check !== undefined && isBroken(check, values, path, violations)) return []
    const decoded = elements.map((child, index) => decode(child, `${path}.${index + 1}.member`, violations))
    checkElements?.(decoded, path, violations)
    return decoded
  }

  function elementsOf(node: FormNode, path: string): readonly FormNode[] {
    // An empty list is sent as `Tags=`.
    if (node.children.size === 0 && node.value === '') return []
    if (model.protocol === 'ec2') {
      // EC2's lists are flat; the others wrap them in `.member`, or in the name that the model gives.
      if (node.value !== undefined) throw new ServiceError('MalformedQueryString', `The parameter ${path} is no list`)
      return indexedChildren(node)
    }
    if (node.value !== undefined) throw malformedInput('Unexpected list element termination')
    const list = node.children.get(shape.of!.queryName ?? 'member')
    if (list === undefined) throw malformedInput('Top level element may not be treated as a list')
    if (list.value !== undefined) throw malformedInput('Unexpected list element termination')
    return indexedChildren(list)
  }
}
