import type { PrincipalDirectory } from '../accounts/index.ts'
import { ServiceError } from '../base/index.ts'
import {
  PolicyDocumentError,
  compileEndpointPolicy,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileResourceControlPolicy,
  compileServiceControlPolicy,
  compileTrustPolicy,
} from '../policy/index.ts'
import type { CompiledPolicy, PolicyKind, PolicySource } from '../policy/index.ts'
import { readEndpointPolicy } from './ec2/endpoint-policy.ts'
import { requireTrustPolicy } from './iam/documents/trust-document.ts'
import { requirePolicy } from './iam/policy-document.ts'
import { readRequestedPolicy } from './kms/key-policy-document.ts'

/** Why a service refuses a document, as its API says it. */
export interface PolicyDocumentFault {
  readonly code: string
  readonly message: string
  /** Where it is, or what is wrong there, in Postern's words: AWS's text seldom says. */
  readonly detail?: string
}

interface KindRow {
  /** What the service does that takes the document. @throws {ServiceError} */
  readonly require: (text: string, principals: PrincipalDirectory) => Promise<unknown>
  readonly compile: (text: string, source: PolicySource) => CompiledPolicy
}

const rows: Readonly<Record<PolicyKind, KindRow>> = {
  key: {
    require: async (text, principals) => readRequestedPolicy(text, 'the key', principals),
    compile: compileKeyPolicy,
  },
  identity: { require: async text => requirePolicy(text), compile: compileIdentityPolicy },
  endpoint: { require: readEndpointPolicy, compile: compileEndpointPolicy },
  trust: { require: requireTrustPolicy, compile: compileTrustPolicy },
  scp: controlRow(compileServiceControlPolicy),
  rcp: controlRow(compileResourceControlPolicy),
}

/**
 * Why the service that takes documents of a kind would refuse this one; `undefined` where it takes it. The same checks as for requests.
 *
 * @param principals Where principals are looked up that must exist.
 */
export async function policyDocumentFault(
  kind: PolicyKind,
  text: string,
  principals: PrincipalDirectory,
): Promise<PolicyDocumentFault | undefined> {
  const row = rows[kind]
  try {
    await row.require(text, principals)
    return undefined
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const { code, message } = error
    const detail = detailOf(text, row)
    // EC2 gives the place itself.
    const isSaid = detail === undefined || message.includes(detail) || /\(\d+,\d+\)$/.test(message)
    return { code, message, ...(isSaid ? {} : { detail }) }
  }
}

function controlRow(compile: KindRow['compile']): KindRow {
  return {
    compile,
    require: async text => {
      try {
        compile(text, { name: 'the policy' })
      } catch (cause) {
        if (!(cause instanceof PolicyDocumentError)) throw cause
        // In the words of AWS Organizations, which always says the same.
        throw new ServiceError(
          'MalformedPolicyDocumentException',
          'The provided policy document does not meet the requirements of the specified policy type.',
          { cause },
        )
      }
    },
  }
}

function detailOf(text: string, { compile }: KindRow): string | undefined {
  try {
    compile(text, { name: 'the policy' })
    return undefined
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    const { reason, message } = error
    if (reason.kind === 'syntax') return `line ${reason.line}, column ${reason.column}`
    return message.replace('Policy statement must contain valid elements: ', '').replace(/\.$/, '')
  }
}

/** Compiles a document of a kind. @throws {PolicyDocumentError} */
export function compileOfKind(kind: PolicyKind, text: string, source: PolicySource): CompiledPolicy {
  return rows[kind].compile(text, source)
}
