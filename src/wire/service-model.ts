import type { ServiceName } from './service-name.ts'

/** The generated description of a service: its operations and the shapes that they use. */
export interface ServiceModel {
  readonly service: ServiceName
  /** `json`: AWS JSON 1.1. `query`: AWS Query. `ec2`: EC2 Query. */
  readonly protocol: 'json' | 'query' | 'ec2'
  readonly version: string
  readonly xmlNamespace: string
  readonly operations: Readonly<Record<string, OperationShapes>>
  readonly structures: Readonly<Record<string, StructureShape>>
}

/** What an operation takes and answers with: names of structures of the model. */
export interface OperationShapes {
  readonly input: string
  /** Absent where the operation answers with nothing. */
  readonly output?: string
}

/** The members of a structure, by AWS's names. */
export type StructureShape = Readonly<Record<string, MemberShape>>

/** A member of a structure, an element of a list or a value of a map. */
export interface MemberShape {
  readonly type: 'string' | 'blob' | 'timestamp' | 'integer' | 'boolean' | 'list' | 'map' | 'structure'
  readonly required?: true
  /** Never shown in a message. */
  readonly sensitive?: true
  /** Name in a query request where it is not the member's own (with a capital first letter for EC2). */
  readonly queryName?: string
  /** Name in an XML answer where it is not the member's own. */
  readonly xmlName?: string
  /** Name of a structure's shape. */
  readonly shape?: string
  /** Elements of a list, values of a map (whose keys are strings). */
  readonly of?: MemberShape
  /** Shortest and longest (strings, blobs, lists) or smallest and largest (integers). */
  readonly min?: number
  readonly max?: number
  /** The whole value must match. */
  readonly pattern?: string
  readonly enum?: readonly string[]
  /** What AWS tells instead, where it is not what it takes. */
  readonly toldEnum?: readonly string[]
}
