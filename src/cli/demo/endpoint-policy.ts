import { answers, callOf } from './act.ts'
import type { Asker, Output } from './aws-client.ts'
import type { FileValue } from './demo-folder.ts'
import { textAt, valueAt } from './short-text.ts'
import type { Story } from './story.ts'

/** The policy of an endpoint that nobody gave one. */
export const standardPolicy = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'

/** The same as AWS prints it: over lines, with a blank after each comma. */
export const defaultPolicy = JSON.stringify(JSON.parse(standardPolicy), null, 2).replaceAll(/,$/gm, ', ')

/** Reads an endpoint's policy with the query that AWS documents. */
export async function readEndpointPolicy(story: Story, admin: Asker, endpointId: string): Promise<string> {
  const pick = (output: Output): string => {
    const endpoints = valueAt(output, 'VpcEndpoints') as readonly Output[]
    return textAt(
      endpoints.find(each => each['VpcEndpointId'] === endpointId),
      'PolicyDocument',
    )
  }
  const text = `VpcEndpoints[?VpcEndpointId==\`${endpointId}\`].[PolicyDocument]`
  const call = { ...callOf(admin, 'ec2', 'DescribeVpcEndpoints'), query: { text, pick } }
  return textAt(await story.does(answers(call)), 'Text')
}

/** Replaces an endpoint's policy. */
export async function putEndpointPolicy(
  story: Story,
  admin: Asker,
  endpointId: string,
  policy: FileValue,
): Promise<void> {
  const input = { VpcEndpointId: endpointId, PolicyDocument: policy }
  await story.does(answers(callOf(admin, 'ec2', 'ModifyVpcEndpoint', input)))
}

/** Puts AWS's standard policy back. */
export async function resetEndpointPolicy(story: Story, admin: Asker, endpointId: string): Promise<void> {
  const input = { VpcEndpointId: endpointId, ResetPolicy: true }
  await story.does(answers(callOf(admin, 'ec2', 'ModifyVpcEndpoint', input)))
}
