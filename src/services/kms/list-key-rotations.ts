import { ServiceError } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import { inOrder, isEverywhere, isPending, isPresent, materialEverywhere, rotationOf } from '../../keys/index.ts'
import type { MaterialEverywhere, MaterialValue } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { afterMarker, markersOf, pageOf } from './paging.ts'

const standardLimit = 100

/** ListKeyRotations: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html */
export const listKeyRotations = keyOperation<kms.ListKeyRotationsRequest, kms.ListKeyRotationsResponse>({
  name: 'ListKeyRotations',
  readOnly: true,
  requestParameters: ({ KeyId: keyId, IncludeKeyMaterial: includeKeyMaterial, Limit: limit, Marker: marker }) => ({
    keyId,
    includeKeyMaterial,
    marker,
    limit,
  }),
  check(_input, { origin }) {
    if (origin !== 'AWS_KMS' && origin !== 'EXTERNAL') throw new ServiceError('UnsupportedOperationException')
  },
  async run(input, entry, { keys, clock }, scope) {
    const { key } = entry
    const { IncludeKeyMaterial: include = 'ROTATIONS_ONLY', Limit: limit = standardLimit, Marker: marker } = input
    const markers = [...markersOf('ListKeyRotations', scope, key.keyId), include]
    const after = afterMarker(marker, markers)
    const everywhere = await materialEverywhere(entry, keys)
    const entries = key.keySpec === 'SYMMETRIC_DEFAULT' ? entriesOf(everywhere, clock.now()) : []
    const listed = include === 'ALL_KEY_MATERIAL' ? entries : entries.filter(entry => entry.RotationDate !== undefined)
    // A list only grows at its end, where what waits for its rotation may go again.
    const begin = after === undefined ? 0 : listed.findIndex(entry => entry.KeyMaterialId === after) + 1
    const rest = after !== undefined && begin === 0 ? [] : listed.slice(begin, begin + limit + 1)
    const page = pageOf(rest, limit, markers, entry => entry.KeyMaterialId!)
    return { output: { Rotations: page.items, ...page.answer } }
  },
})

function entriesOf(everywhere: MaterialEverywhere, now: Instant): readonly kms.RotationsListEntry[] {
  const { entry, materials } = everywhere.here
  const { key } = entry
  const ordered = inOrder(materials)
  return ordered.map(material => {
    const rotation = rotationOf(material, ordered)
    return {
      KeyId: key.keyId,
      KeyMaterialId: material.materialId,
      KeyMaterialState: stateOf(material, everywhere, now),
      ...(key.origin === 'EXTERNAL' ? importOf(material, now) : {}),
      ...(rotation === undefined ? {} : { RotationDate: rotation.at, RotationType: rotation.type }),
    }
  })
}

function stateOf(material: MaterialValue, everywhere: MaterialEverywhere, now: Instant): string {
  const { key } = everywhere.here.entry
  if (!isPending(material)) return material.materialId === key.materialId ? 'CURRENT' : 'NON_CURRENT'
  const waits = key.multiRegion && !isEverywhere(material, everywhere, now)
  return waits ? 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION' : 'PENDING_ROTATION'
}

/** What is told of imported material; when it expires only while it is there. */
function importOf(material: MaterialValue, now: Instant): Partial<kms.RotationsListEntry> {
  const { description, validTo } = material.imported ?? {}
  const told = description === undefined ? {} : { KeyMaterialDescription: description }
  if (!isPresent(material, now)) return { ...told, ImportState: 'PENDING_IMPORT' }
  const expiration =
    validTo === undefined
      ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo }
  return { ...told, ImportState: 'IMPORTED', ...expiration }
}
