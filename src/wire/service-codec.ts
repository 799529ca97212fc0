import type { ServiceCodec } from './codec.ts'
import { createJsonCodec } from './json/json-codec.ts'
import { model as cloudtrail } from './models/cloudtrail.ts'
import { model as ec2 } from './models/ec2.ts'
import { model as iam } from './models/iam.ts'
import { model as kms } from './models/kms.ts'
import { model as sts } from './models/sts.ts'
import { createQueryCodec } from './query/query-codec.ts'
import type { ServiceName } from './service-name.ts'

const codecs: Readonly<Record<ServiceName, ServiceCodec>> = {
  kms: createJsonCodec(kms),
  cloudtrail: createJsonCodec(cloudtrail),
  ec2: createQueryCodec(ec2),
  iam: createQueryCodec(iam),
  sts: createQueryCodec(sts),
}

/** The codec of a service. Shapes are compiled when an operation is first used. */
export function serviceCodec(service: ServiceName): ServiceCodec {
  return codecs[service]
}
