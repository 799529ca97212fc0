import { ServiceError, formatArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, emptyPage } from '../paging.ts'
import { listOfUser } from './list-of-user.ts'

type Request = iam.ListServiceSpecificCredentialsRequest
type Response = iam.ListServiceSpecificCredentialsResponse

const name = 'ListServiceSpecificCredentials'
const member = 'ServiceSpecificCredentials'
const ofOneUser = listOfUser(name, member)

const ofAllUsers = operation<IamNeeds, Request, Response, undefined>({
  name,
  readOnly: true,
  requestParameters: input => ({
    userName: input.UserName,
    serviceName: input.ServiceName,
    allUsers: input.AllUsers,
    ...auditPage(input),
  }),
  async resolve({ UserName: userName }, { caller: { account } }) {
    if (userName !== undefined)
      throw new ServiceError('ValidationError', 'AllUsers cannot be specified together with UserName')
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, 'user/*') } as const
    return { checks: [{ action: `iam:${name}`, resource }], subject: undefined }
  },
  async run(input) {
    return { output: emptyPage(member, input) }
  },
})

/** ListServiceSpecificCredentials: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html, of one user or of all. */
export const listServiceSpecificCredentials: Operation<IamNeeds> = {
  ...ofAllUsers,
  prepare(input, scope, needs) {
    const asked = (input as Request).AllUsers === true ? ofAllUsers : ofOneUser
    return asked.prepare(input, scope, needs)
  },
}
