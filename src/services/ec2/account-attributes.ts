import { ServiceError } from '../../base/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { maxGroups } from './endpoint-checks.ts'

/** What an account has and may have here: no default VPC, no instances, no elastic addresses. */
const attributes: ReadonlyMap<string, string> = new Map([
  ['supported-platforms', 'VPC'],
  ['default-vpc', 'none'],
  ['max-instances', '0'],
  ['max-elastic-ips', '0'],
  ['vpc-max-elastic-ips', '0'],
  ['vpc-max-security-groups-per-interface', String(maxGroups)],
])

/** DescribeAccountAttributes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html */
export const describeAccountAttributes = ec2Operation<
  ec2.DescribeAccountAttributesRequest,
  ec2.DescribeAccountAttributesResult
>({
  name: 'DescribeAccountAttributes',
  readOnly: true,
  permissions: readPermission,
  async run({ AttributeNames: names = [] }) {
    const unknown = names.find(name => !attributes.has(name))
    if (unknown !== undefined) {
      throw new ServiceError(
        'InvalidParameterValue',
        `Value (${unknown}) for parameter attributeName is invalid. Unknown attribute.`,
      )
    }
    const shown = [...attributes].filter(([name]) => names.length === 0 || names.includes(name))
    const shapes = shown.map(([AttributeName, AttributeValue]) => ({
      AttributeName,
      AttributeValues: [{ AttributeValue }],
    }))
    return { output: { AccountAttributes: shapes } }
  },
})
