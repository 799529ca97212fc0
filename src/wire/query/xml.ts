import type { MemberShape, ServiceModel } from '../service-model.ts'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Parsers read CR, LF and TAB as other blanks than they were: documents must come back byte for byte.
  '\r': '&#xD;',
  '\n': '&#xA;',
  '\t': '&#x9;',
}

/** Escapes text for XML; characters that XML can't hold are replaced. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\uFFFD')
    .replaceAll(/[&<>"\r\n\t]/g, char => escapes[char]!)
}

/** Writes the content of a value, without the element around it. */
export type XmlEncoder = (value: unknown) => string

/** Compiles the encoder of a structure's content for AWS Query or EC2 Query. */
export function compileXmlEncoder(model: ServiceModel, name: string): XmlEncoder {
  const members = Object.entries(model.structures[name]!).map(([member, shape]) => {
    const element = shape.xmlName ?? member
    return { member, open: `<${element}>`, close: `</${element}>`, encode: compileMember(model, shape) }
  })
  return value => {
    let xml = ''
    for (const { member, open, close, encode } of members) {
      const given = (value as Record<string, unknown>)[member]
      if (given !== undefined) xml += open + encode(given) + close
    }
    return xml
  }
}

function compileMember(model: ServiceModel, shape: MemberShape): XmlEncoder {
  switch (shape.type) {
    case 'string':
      return value => escapeXml(value as string)
    case 'boolean':
    case 'integer':
      return String
    case 'timestamp':
      return model.protocol === 'ec2'
        ? value => new Date(value as number).toISOString()
        : value => `${new Date(value as number).toISOString().slice(0, 19)}Z`
    case 'blob':
      return value => (value as Buffer).toString('base64')
    case 'list': {
      const element = shape.of!.xmlName ?? 'member'
      const encode = compileMember(model, shape.of!)
      return value => (value as readonly unknown[]).map(item => `<${element}>${encode(item)}</${element}>`).join('')
    }
    case 'map': {
      const element = shape.of!.xmlName ?? 'value'
      const encode = compileMember(model, shape.of!)
      return value =>
        Object.entries(value as Readonly<Record<string, unknown>>)
          .map(([key, item]) => `<entry><key>${escapeXml(key)}</key><${element}>${encode(item)}</${element}></entry>`)
          .join('')
    }
    case 'structure': {
      let compiled: XmlEncoder | undefined
      return value => (compiled ??= compileXmlEncoder(model, shape.shape!))(value)
    }
  }
}
