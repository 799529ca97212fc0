/** The APIs that Postern serves, by signing name. */
export const serviceNames = ['kms', 'ec2', 'iam', 'sts', 'cloudtrail'] as const

/** The signing name of an API that Postern serves. */
export type ServiceName = (typeof serviceNames)[number]
