/** The APIs that Postern serves, by signing name. */
export type ServiceName = 'kms' | 'ec2' | 'iam' | 'sts' | 'cloudtrail'
