import { check, put, remove } from '../../storage/index.ts'
import type { Check, StoredRecord, Write } from '../../storage/index.ts'
import { mainAssociationId, mainRouteTableId } from './born-with.ts'
import { giveBackClientToken } from './client-tokens.ts'
import { routeTableCollection, vpcCollection } from './records.ts'
import type {
  NetworkTag,
  RouteTableAssociationValue,
  RouteTableContent,
  RouteTableValue,
  RouteValue,
  VpcValue,
} from './records.ts'

/** A route table: one that somebody made, or the one that a VPC was born with. They differ in the record that they are kept in. */
export interface RouteTable {
  readonly routeTableId: string
  readonly vpcId: string
  readonly account: string
  readonly region: string
  readonly routes: readonly RouteValue[]
  readonly tags: readonly NetworkTag[]
  /** Present in the main one of a VPC: the id of the association that makes it so. */
  readonly mainAssociationId?: string
  readonly keptIn:
    | { readonly kind: 'own record'; readonly record: StoredRecord<RouteTableValue> }
    | { readonly kind: 'vpc'; readonly record: StoredRecord<VpcValue> }
}

/** Which route table is the main one of a VPC: the one that it was born with, until somebody replaces it. */
export function mainAssociationOf({ vpcId, mainAssociation }: VpcValue): RouteTableAssociationValue {
  return mainAssociation ?? { associationId: mainAssociationId(vpcId), routeTableId: mainRouteTableId(vpcId) }
}

/** The route table of a record of its own, in its VPC; a VPC that is not given has another main one. */
export function ownRouteTable(record: StoredRecord<RouteTableValue>, vpc?: VpcValue): RouteTable {
  const { routeTableId, vpcId, account, region, routes, tags } = record.value
  const isMain = isMainOf(routeTableId, vpc)
  return { routeTableId, vpcId, account, region, routes, tags, ...isMain, keptIn: { kind: 'own record', record } }
}

/** The route table that a VPC was born with, and has still. */
export function bornRouteTableOf(record: StoredRecord<VpcValue>): RouteTable | undefined {
  const { vpcId, account, region, hasLostRouteTable, mainRouteTable: { routes, tags } = untouched } = record.value
  if (hasLostRouteTable === true) return undefined
  const routeTableId = mainRouteTableId(vpcId)
  const isMain = isMainOf(routeTableId, record.value)
  return { routeTableId, vpcId, account, region, routes, tags, ...isMain, keptIn: { kind: 'vpc', record } }
}

const untouched: RouteTableContent = { routes: [], tags: [] }

function isMainOf(id: string, vpc: VpcValue | undefined): { readonly mainAssociationId?: string } {
  const main = vpc && mainAssociationOf(vpc)
  return main?.routeTableId === id ? { mainAssociationId: main.associationId } : {}
}

/** Changes the routes of a table. The commit meets a conflict where it was changed since it was read. */
export function setRoutes(table: RouteTable, routes: readonly RouteValue[]): Write {
  const { keptIn } = table
  if (keptIn.kind === 'own record')
    return put(routeTableCollection, keptIn.record.id, { ...keptIn.record.value, routes }, keptIn.record.version)
  const mainRouteTable = { routes, tags: table.tags }
  return put(vpcCollection, keptIn.record.id, { ...keptIn.record.value, mainRouteTable }, keptIn.record.version)
}

/** Removes a table that is not the main one. */
export function removeRouteTable({ keptIn }: RouteTable): readonly Write[] {
  if (keptIn.kind === 'own record') {
    const { id, version, value } = keptIn.record
    return [remove(routeTableCollection, id, version), ...giveBackClientToken('route-table', value)]
  }
  const { mainRouteTable: _gone, ...rest } = keptIn.record.value
  return [put(vpcCollection, keptIn.record.id, { ...rest, hasLostRouteTable: true }, keptIn.record.version)]
}

/** That a table is as it was read. */
export function checkRouteTable({ keptIn }: RouteTable): Check {
  const { id, version } = keptIn.record
  return keptIn.kind === 'vpc' ? check(vpcCollection, id, version) : check(routeTableCollection, id, version)
}
