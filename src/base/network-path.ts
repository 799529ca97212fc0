/**
 * The way a connection came in. It is read from the socket (or from a trusted peer's PROXY header), never from
 * anything that the client says.
 */
export type NetworkPath = PublicPath | EndpointPath | ServicePath

/** Through the public door: the API address of the server. */
export interface PublicPath {
  readonly kind: 'public'
  readonly clientAddress: string
  readonly secureTransport: boolean
}

/** Through one network interface of a VPC interface endpoint. */
export interface EndpointPath {
  readonly kind: 'endpoint'
  readonly endpointId: string
  readonly endpointAccount: string
  readonly vpcId: string
  /** Region of the endpoint, which is the only one that it serves. */
  readonly region: string
  /** Signing name of the one service behind the endpoint, e.g. `kms`. */
  readonly service: string
  /** The client's private address inside the VPC. */
  readonly clientAddress: string
}

/**
 * From an integrated service that acts for a caller, or as itself. The caller's own way to the service is not known here, as in AWS: no
 * endpoint, and no address of the caller's.
 */
export interface ServicePath {
  readonly kind: 'service'
  /** Service principal, e.g. `backup.example.internal`. */
  readonly serviceName: string
  /** The same: it stands where an address would. */
  readonly clientAddress: string
  /** The resource on whose behalf the service asks, where it says so: an ARN. */
  readonly sourceArn?: string
  /** How the service itself came, where it is no part of Postern: for the trail alone, policies do not see it. */
  readonly signer?: ServiceSigner
}

/** What a service signed with, and where from. */
export interface ServiceSigner {
  readonly accessKeyId: string
  readonly clientAddress: string
}

/** A service's name as `kms:ViaService` has it: with the Region where it is one of AWS's. */
export function viaServiceName(serviceName: string, region: string): string {
  const suffix = '.amazonaws.com'
  return serviceName.endsWith(suffix) ? `${serviceName.slice(0, -suffix.length)}.${region}${suffix}` : serviceName
}
