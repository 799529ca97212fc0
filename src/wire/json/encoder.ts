import type { MemberShape, ServiceModel } from '../service-model.ts'

type JsonEncoder = (value: unknown) => unknown

/** Compiles the encoder of a structure: only members of the shape are written, absent ones left out. */
export function compileStructureEncoder(model: ServiceModel, name: string): JsonEncoder {
  const members = Object.entries(model.structures[name]!).map(([member, shape]) => ({
    member,
    encode: compileMember(model, shape),
  }))
  return value => {
    const encoded: Record<string, unknown> = {}
    for (const { member, encode } of members) {
      const given = (value as Record<string, unknown>)[member]
      if (given !== undefined) encoded[member] = encode(given)
    }
    return encoded
  }
}

function compileMember(model: ServiceModel, shape: MemberShape): JsonEncoder {
  switch (shape.type) {
    case 'string':
    case 'boolean':
    case 'integer':
      return value => value
    case 'timestamp':
      return value => (value as number) / 1_000
    case 'blob':
      return value => (value as Buffer).toString('base64')
    case 'list': {
      const encode = compileMember(model, shape.of!)
      return value => (value as readonly unknown[]).map(encode)
    }
    case 'map': {
      const encode = compileMember(model, shape.of!)
      return value =>
        Object.fromEntries(Object.entries(value as object).map(([name, element]) => [name, encode(element)]))
    }
    case 'structure': {
      let compiled: JsonEncoder | undefined
      return value => (compiled ??= compileStructureEncoder(model, shape.shape!))(value)
    }
  }
}
