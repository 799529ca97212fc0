/** A queue in which accounts take turns: a thousand items of one do not hold up the first of another. */
export class FairQueue<Item> {
  readonly #rows = new Map<string, Item[]>()
  #size = 0

  /** How many items wait. */
  get size(): number {
    return this.#size
  }

  /** How many of an account's items wait. */
  sizeOf(account: string): number {
    return this.#rows.get(account)?.length ?? 0
  }

  push(account: string, item: Item): void {
    const row = this.#rows.get(account)
    if (row === undefined) this.#rows.set(account, [item])
    else row.push(item)
    this.#size++
  }

  /** Takes out the oldest item of the account whose turn it is. */
  shift(): Item | undefined {
    for (const [account, row] of this.#rows) {
      const item = row.shift()
      // The account goes to the end; a map keeps the order in which names were added.
      this.#rows.delete(account)
      if (row.length > 0) this.#rows.set(account, row)
      this.#size--
      return item
    }
    return undefined
  }
}
