import { statSync } from 'node:fs'
import { join } from 'node:path'
import { bridgeMark, bridgeName, namespaceName, tableFamilies, tableName, windowOfName } from './names.ts'
import { linkBatch } from './link-batch.ts'
import type { NamespacePlan } from './namespace-plan.ts'
import { namespaceNames, readNamespace, readWorkloadEntries } from './namespace-state.ts'
import type { NamespaceState, Run } from './namespace-state.ts'
import type { NamespaceProblem, ServedPorts, SettleOutcome } from './protocol.ts'
import { findMarked, isBrokenOff, removeNamespace } from './remove-namespace.ts'
import { rulesText } from './rules-text.ts'

/** Which namespaces are an installation's. */
export interface NamespacesOptions {
  readonly installation: string
  /** The operator's own namespaces, by VPC. */
  readonly foreign: ReadonlyMap<string, string>
  readonly run: Run
  /** What tells the namespace that a name leads to from one of the same name made later; by its inode if not given. */
  readonly identityOf?: (name: string) => string | undefined
}

/** A namespace and what it was last brought in line with. */
interface SettledNamespace {
  readonly name: string
  readonly place: string
  readonly rules: string
  readonly plan: NamespacePlan
}

/** The namespaces of an installation: one for each VPC. What has not its mark is not touched. */
export class Namespaces {
  readonly #options: NamespacesOptions
  /** By VPC. */
  readonly #settled = new Map<string, SettledNamespace>()
  /** Namespaces with our mark, and for which VPC. Read once, then kept. */
  #marked: Map<string, string> | undefined

  constructor(options: NamespacesOptions) {
    this.#options = options
  }

  /** The namespace of a VPC that is settled, and the plan that holds in it. */
  find(vpcId: string): Omit<SettledNamespace, 'rules'> | undefined {
    return this.#settled.get(vpcId)
  }

  /** Brings all namespaces in line with the plans; those of VPCs that are gone go too. What fails for one VPC is told, and stops no other. */
  async settle(plans: readonly NamespacePlan[], ports: ServedPorts): Promise<SettleOutcome> {
    const { run } = this.#options
    const names = new Set(await namespaceNames(run))
    const problems: NamespaceProblem[] = []
    const attempt = async (vpcId: string, act: () => Promise<void>): Promise<void> => {
      try {
        await act()
      } catch (error) {
        this.#settled.delete(vpcId)
        problems.push({ vpcId, reason: error instanceof Error ? error.message : String(error) })
      }
    }
    const marked = (this.#marked ??= await this.#readMarks())
    for (const [name, vpcId] of marked) {
      if (plans.some(plan => plan.vpcId === vpcId && this.#nameFor(plan) === name)) continue
      await attempt(vpcId, () => this.#remove(name, names))
    }
    for (const plan of plans) await attempt(plan.vpcId, () => this.#settle(plan, ports, names))
    const places = plans.flatMap(plan => {
      const place = this.#placeOf(this.#nameFor(plan))
      return place === undefined ? [] : [{ vpcId: plan.vpcId, place }]
    })
    return { problems, places }
  }

  /** Somebody may delete a namespace, and make another of its name: what is open in the old one is not in the new one. */
  #placeOf(name: string): string | undefined {
    const identity = (this.#options.identityOf ?? inodeOf)(name)
    return identity === undefined ? undefined : `${name} ${identity}`
  }

  #nameFor({ vpcId, window }: NamespacePlan): string {
    return this.#options.foreign.get(vpcId) ?? namespaceName(this.#options.installation, window)
  }

  /** Looks through all named namespaces once: what an earlier run has left is found again, in the operator's namespaces too. */
  async #readMarks(): Promise<Map<string, string>> {
    const { run, installation } = this.#options
    const found = await findMarked(run, installation)
    return new Map(found.flatMap(({ name, vpcId }) => (vpcId === undefined ? [] : [[name, vpcId] as const])))
  }

  async #remove(name: string, names: Set<string>): Promise<void> {
    const { run, installation } = this.#options
    if (names.has(name)) await removeNamespace(run, installation, name)
    if (windowOfName(installation, name) !== undefined) names.delete(name)
    this.#marked?.delete(name)
    for (const [vpcId, known] of this.#settled) if (known.name === name) this.#settled.delete(vpcId)
  }

  async #settle(plan: NamespacePlan, ports: ServedPorts, names: ReadonlySet<string>): Promise<void> {
    const { run, foreign } = this.#options
    const { vpcId } = plan
    const name = this.#nameFor(plan)
    const isForeign = foreign.has(vpcId)
    const rules = rulesText(plan, { ports, isForeign })
    const known = this.#settled.get(vpcId)
    const isThere = known?.place === this.#placeOf(name) && names.has(name)
    const isSame = isThere && known?.rules === rules && JSON.stringify(known.plan) === JSON.stringify(plan)
    // The operator's own rules may be loaded anew, in the place of all that were there.
    if (isSame && (!isForeign || (await this.#ourTables(name)).length === tableFamilies.length)) return
    if (!isThere) this.#settled.delete(vpcId)
    const state = names.has(name) ? await this.#enter(name, vpcId) : await this.#make(name, vpcId)
    this.#marked?.set(name, vpcId)
    // Before anything is done there: what takes its place meanwhile is not settled.
    const place = this.#placeOf(name)
    if (place === undefined) throw new Error(`The network namespace "${name}" is gone again`)
    // The rules come first: an address that is there is never without them.
    await run(['ip', 'netns', 'exec', name, 'nft', '-f', '-'], rules)
    await run(['ip', '-n', name, '-batch', '-'], linkBatch(plan, state, await readWorkloadEntries(run, name)))
    this.#settled.set(vpcId, { name, place, rules, plan })
  }

  async #make(name: string, vpcId: string): Promise<NamespaceState> {
    const { run, installation, foreign } = this.#options
    if (foreign.has(vpcId)) throw new Error(`There is no network namespace "${name}", which vpc-namespace names`)
    await run(['ip', 'netns', 'add', name])
    try {
      await this.#addBridge(name, vpcId, ['link set lo up'])
      await run(['ip', 'netns', 'exec', name, 'sh', '-c', forwardNothing])
      const state = await readNamespace(run, installation, name)
      if (state !== undefined) return state
      throw new Error(`The network namespace "${name}" is gone again`)
    } catch (error) {
      // Without its mark it would be nobody's, and never touched again.
      await run(['ip', 'netns', 'delete', name])
      throw error
    }
  }

  /** Looks whether a namespace that is there may be used. */
  async #enter(name: string, vpcId: string): Promise<NamespaceState> {
    const { run, installation, foreign } = this.#options
    const isForeign = foreign.has(vpcId)
    const state = await readNamespace(run, installation, name)
    if (!isForeign && isBrokenOff(state)) return this.#makeAnew(name, vpcId)
    if (state === undefined)
      throw new Error(`"${name}" is the name of no network namespace any more: "ip netns delete ${name}", then make it`)
    if (isForeign && !state.isLoopbackUp)
      throw new Error(
        `The network namespace "${name}" has no loopback interface that is up: "ip -n ${name} link set lo up"`,
      )
    if (state.vpcId === vpcId) return isForeign ? state : this.#wake(state, name)
    if (state.vpcId !== undefined) throw new Error(`The network namespace "${name}" is another VPC’s`)
    if (state.hasForeignBridge || !isForeign)
      throw new Error(`The network namespace "${name}" is there without Postern’s mark: nothing in it was touched`)
    await this.#requireNoTable(name)
    await this.#addBridge(name, vpcId, [])
    return state
  }

  /** Whoever made it was killed at it. */
  async #makeAnew(name: string, vpcId: string): Promise<NamespaceState> {
    const { run, installation } = this.#options
    await removeNamespace(run, installation, name)
    return this.#make(name, vpcId)
  }

  /** The mark comes first: who was killed right after it left all else to be done. */
  async #wake(state: NamespaceState, name: string): Promise<NamespaceState> {
    if (state.isLoopbackUp) return state
    const { run } = this.#options
    await run(['ip', 'netns', 'exec', name, 'sh', '-c', forwardNothing])
    await run(['ip', '-n', name, '-batch', '-'], 'link set lo up\n')
    return state
  }

  /** Our rules replace a table of their name as a whole: one that is there without our bridge is the operator's. */
  async #requireNoTable(name: string): Promise<void> {
    const [table] = await this.#ourTables(name)
    if (table !== undefined)
      throw new Error(`The network namespace "${name}" has a table "${table}" of nftables that is not Postern’s`)
  }

  /** Those of our tables that a namespace has. */
  async #ourTables(name: string): Promise<readonly string[]> {
    const tables = (await this.#options.run(['ip', 'netns', 'exec', name, 'nft', 'list', 'tables'])).split('\n')
    return tableFamilies.map(family => `${family} ${tableName}`).filter(ours => tables.includes(`table ${ours}`))
  }

  async #addBridge(name: string, vpcId: string, more: readonly string[]): Promise<void> {
    const { run, installation } = this.#options
    const mark = bridgeMark(installation, vpcId)
    const lines = [`link add ${bridgeName} type bridge`, `link set ${bridgeName} alias "${mark}"`, ...more, '']
    await run(['ip', '-n', name, '-batch', '-'], lines.join('\n'))
  }
}

/** Only what has a name: one that is open somewhere keeps its number, so no other has it meanwhile. */
function inodeOf(name: string): string | undefined {
  return statSync(join('/run/netns', name), { throwIfNoEntry: false })?.ino.toString()
}

// A new namespace may begin with what the machine itself has. The rules forward nothing either.
const forwardNothing = 'echo 0 > /proc/sys/net/ipv4/ip_forward'
