import type { Asker } from './aws-client.ts'
import type { StoryNetwork } from './network.ts'

/** The same one, whose KMS calls go through the endpoint, by its address. */
export function through(asker: Asker, { endpointId, url }: Pick<StoryNetwork, 'endpointId' | 'url'>): Asker {
  return {
    ...asker,
    door: `through ${endpointId}`,
    variables: { ...asker.variables, AWS_ENDPOINT_URL_KMS: url },
  }
}

/** A user with an access key of its own, at the same door. */
export function asUser(asker: Asker, name: string, key: { readonly id: string; readonly secret: string }): Asker {
  const { AWS_SESSION_TOKEN: _administrators, ...variables } = asker.variables
  return {
    name,
    door: asker.door,
    variables: { ...variables, AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret },
  }
}
