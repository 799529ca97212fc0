import { createHash } from 'node:crypto'

// A VPC is born with a main route table and a default network ACL, and every account with DHCP options in each Region. None of
// them has a record: their ids follow from the id of the VPC (or the account and Region), and what was changed of the table and
// the ACL is in the VPC's record. So a VPC of a store that is older than they are has them too, with the same ids from then on,
// nothing is missing while such a store is brought up to date, and nothing of them is left when the VPC is deleted.

/** Id of the main route table of a VPC. */
export const mainRouteTableId = (vpcId: string): string => idOf('rtb', vpcId)

/** Id of the association that makes it the main one. */
export const mainAssociationId = (vpcId: string): string => idOf('rtbassoc', vpcId)

/** Id of the network ACL of a VPC. */
export const networkAclId = (vpcId: string): string => idOf('acl', vpcId)

/** Id of the association of a subnet with the network ACL of its VPC. */
export const networkAclAssociationId = (subnetId: string): string => idOf('aclassoc', subnetId)

/** Id of the DHCP options of an account in a Region. */
export const dhcpOptionsId = ({ account, region }: { readonly account: string; readonly region: string }): string =>
  idOf('dopt', `${account} ${region}`)

/** Id of the DHCP options that a VPC has: those that it was given, or its account's. */
export const dhcpOptionsIdOf = (vpc: {
  readonly account: string
  readonly region: string
  readonly dhcpOptionsId?: string
}): string => vpc.dhcpOptionsId ?? dhcpOptionsId(vpc)

function idOf(prefix: string, of: string): string {
  const digest = createHash('sha256').update(`${prefix} ${of}`).digest('hex')
  return `${prefix}-${digest.slice(0, 17)}`
}
