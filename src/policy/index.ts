/** A policy document that is ready to decide: opaque outside this room. */
export interface CompiledPolicy {
  readonly text: string
}
