/** What did not go as told. */
export interface Difference {
  /** The command, or what was looked at. */
  readonly at: string
  readonly expected: string
  readonly came: string
}

/** A step that did not go as told. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure'
  readonly difference: Difference

  constructor(difference: Difference) {
    super(`Expected ${difference.expected}; came ${difference.came}`)
    this.difference = difference
  }
}
