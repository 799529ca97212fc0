// What the wire knows is served: no operation is modelled and then answered as unknown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudtrailService, ec2Service, iamService, kmsService, stsService } from '../src/services/index.ts'
import { model as cloudtrail } from '../src/wire/models/cloudtrail.ts'
import { model as ec2 } from '../src/wire/models/ec2.ts'
import { model as iam } from '../src/wire/models/iam.ts'
import { model as kms } from '../src/wire/models/kms.ts'
import { model as sts } from '../src/wire/models/sts.ts'

for (const [model, service] of [
  [cloudtrail, cloudtrailService],
  [ec2, ec2Service],
  [iam, iamService],
  [kms, kmsService],
  [sts, stsService],
] as const) {
  test(`every modelled operation of ${service.name} is served, and no other`, () => {
    assert.deepEqual([...service.operations.keys()].sort(), Object.keys(model.operations).sort())
  })
}
