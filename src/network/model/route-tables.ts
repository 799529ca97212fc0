import { check, put } from '../../storage/index.ts'
import type { Check, StoredRecord, Write } from '../../storage/index.ts'
import { mainRouteTableId } from './born-with.ts'
import { routeTableCollection, vpcCollection } from './records.ts'
import type { NetworkTag, RouteTableContent, RouteTableValue, RouteValue, VpcValue } from './records.ts'

/** A route table: one that somebody made, or the main one of a VPC. They differ in the record that they are kept in. */
export interface RouteTable {
  readonly routeTableId: string
  readonly vpcId: string
  readonly account: string
  readonly region: string
  readonly routes: readonly RouteValue[]
  readonly tags: readonly NetworkTag[]
  readonly keptIn:
    | { readonly kind: 'own record'; readonly record: StoredRecord<RouteTableValue> }
    | { readonly kind: 'vpc'; readonly record: StoredRecord<VpcValue> }
}

/** The route table of a record of its own. */
export function ownRouteTable(record: StoredRecord<RouteTableValue>): RouteTable {
  const { routeTableId, vpcId, account, region, routes, tags } = record.value
  return { routeTableId, vpcId, account, region, routes, tags, keptIn: { kind: 'own record', record } }
}

/** The main route table of a VPC. */
export function mainRouteTableOf(record: StoredRecord<VpcValue>): RouteTable {
  const { vpcId, account, region, mainRouteTable: { routes, tags } = untouched } = record.value
  return {
    routeTableId: mainRouteTableId(vpcId),
    vpcId,
    account,
    region,
    routes,
    tags,
    keptIn: { kind: 'vpc', record },
  }
}

const untouched: RouteTableContent = { routes: [], tags: [] }

/** Changes the routes of a table. The commit meets a conflict where it was changed since it was read. */
export function setRoutes(table: RouteTable, routes: readonly RouteValue[]): Write {
  const { keptIn } = table
  if (keptIn.kind === 'own record')
    return put(routeTableCollection, keptIn.record.id, { ...keptIn.record.value, routes }, keptIn.record.version)
  const mainRouteTable = { routes, tags: table.tags }
  return put(vpcCollection, keptIn.record.id, { ...keptIn.record.value, mainRouteTable }, keptIn.record.version)
}

/** That a table is as it was read. */
export function checkRouteTable({ keptIn }: RouteTable): Check {
  const { id, version } = keptIn.record
  return keptIn.kind === 'vpc' ? check(vpcCollection, id, version) : check(routeTableCollection, id, version)
}
