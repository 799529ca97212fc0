// A client as an integrated service has it: each of its calls says for whom it is.
import type { KMSClient } from '@aws-sdk/client-kms'

/** The header's name, as a service writes it. */
export const header = 'X-Postern-On-Behalf-Of'

/** Adds a header to each call of a client, before it is signed. */
export function onBehalfOf(kms: KMSClient, value: string, name = header): KMSClient {
  kms.middlewareStack.add(
    next => args => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers[name] = value
      return next(args)
    },
    { step: 'build', name: `onBehalfOf ${name}` },
  )
  return kms
}
