import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  doorNamesOf,
  endpointServices,
  endpointZoneId,
  endpointZoneOf,
  findEndpointService,
  offeredServices,
  privateNamesOf,
  serviceIdOf,
  serviceNameOf,
  serviceOfEndpoint,
  serviceZones,
} from './endpoint-services.ts'
import { permits, permittedFor } from '../certificates/name-constraints.ts'
import { knownRegions } from './regions.ts'

const labelsOf = (options: Parameters<typeof offeredServices>[0]): readonly string[] =>
  offeredServices(options).map(row => row.label)

test('offeredServices() has what is served, and KMS with FIPS only where it is wanted', () => {
  const services = ['kms', 'ec2', 'iam', 'sts', 'cloudtrail']

  assert.deepEqual(labelsOf({ services, fips: false }), ['kms', 'sts', 'ec2', 'cloudtrail'])
  assert.deepEqual(labelsOf({ services, fips: true }), ['kms', 'kms-fips', 'sts', 'ec2', 'cloudtrail'])
  assert.deepEqual(labelsOf({ services: ['cloudformation'], fips: true }), ['cloudformation'])
  assert.deepEqual(labelsOf({ services: ['iam'], fips: true }), [])
})

test('findEndpointService() finds a service by the name that it has in the Region, and by no other', () => {
  const offered = offeredServices({ services: ['kms', 'sts'], fips: false })

  assert.equal(findEndpointService('com.amazonaws.eu-west-1.kms', 'eu-west-1', offered)?.label, 'kms')
  for (const name of [
    'com.amazonaws.us-east-1.kms',
    'com.amazonaws.eu-west-1.kms-fips',
    'kms',
    'COM.AMAZONAWS.eu-west-1.kms',
  ])
    assert.equal(findEndpointService(name, 'eu-west-1', offered), undefined)
})

test('serviceOfEndpoint() knows the service of an endpoint also where it is not offered any more', () => {
  const endpoint = { serviceName: 'com.amazonaws.us-west-2.kms-fips', region: 'us-west-2' }

  assert.deepEqual([serviceOfEndpoint(endpoint).label, serviceOfEndpoint(endpoint).service], ['kms-fips', 'kms'])
})

test('no two services have a name, a zone or an id in common, in any Region', () => {
  for (const of of [
    (region: string) => endpointServices().flatMap(row => privateNamesOf(row, region)),
    (region: string) => endpointServices().map(row => endpointZoneOf(row, region)),
    (region: string) => endpointServices().map(row => serviceNameOf(row, region)),
    (region: string) => endpointServices().map(row => serviceIdOf(row, region)),
  ]) {
    const all = knownRegions.flatMap(of)
    assert.equal(new Set(all).size, all.length)
  }
})

test('each Region has a zone id of its own, of the form of AWS', () => {
  const ids = knownRegions.map(endpointZoneId)

  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^Z[0-9A-Z]{12,20}$/)
})

test('serviceIdOf() is of the form of AWS, and the same each time', () => {
  const [kms] = endpointServices()

  assert.match(serviceIdOf(kms!, 'us-east-1'), /^vpce-svc-0[0-9a-f]{16}$/)
  assert.equal(serviceIdOf(kms!, 'us-east-1'), serviceIdOf(kms!, 'us-east-1'))
})

test("the authority is permitted all names of all services' doors, in all Regions", () => {
  const permitted = permittedFor([], ['127.0.0.1'])

  for (const region of knownRegions) {
    for (const name of endpointServices().flatMap(row => doorNamesOf(row, region)))
      assert.ok(permits(permitted, name.replace('*', 'vpce-0123456789abcdef0-abcdefgh')), name)
  }
})

test('serviceZones() leaves out the zones that a service is not in', () => {
  const [kms] = endpointServices()

  const zones = serviceZones({ ...kms!, absentFrom: ['usw2-az2'] }, 'us-west-2')

  assert.deepEqual(
    zones.map(zone => zone.name),
    ['us-west-2a', 'us-west-2c', 'us-west-2d'],
  )
})
