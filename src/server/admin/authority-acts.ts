import { ConfigError, systemRandom } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { authorityStepNames, planAuthorityStep } from '../certificates/renew-authority.ts'
import type { AuthorityStep, AuthorityStepDone } from '../certificates/renew-authority.ts'
import { certificateHost } from '../public-door.ts'
import { homeAccount, recordAct, unlessChanged } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import { textMember, textsMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'

/** The acts on the certificate authority, by path. */
export function authorityActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [['/authority', body => doStep(body, sources)]]
}

/** A new authority may serve what the server does, and what else is named: it is made before the server serves that. */
function doStep(body: JsonObject, sources: AdministrationSources): Promise<AuthorityStepDone> {
  const { config, store, keyRing, clock } = sources
  const step = stepOf(textMember(body, 'step'))
  const otherHost = textMember(body, 'publicHost')
  return unlessChanged(async () => {
    const { eventName, told, change } = await planAuthorityStep(step, {
      store,
      keyRing,
      clock,
      random: systemRandom,
      publicHosts: [certificateHost(config.api.host), ...(otherHost === undefined ? [] : [certificateHost(otherHost)])],
      regions: [...config.regions, ...textsMember(body, 'regions')],
    })
    await recordAct(sources, eventName, await homeAccount(sources), { ...told }, change)
    return told
  })
}

function stepOf(text: string | undefined): AuthorityStep {
  const step = authorityStepNames.find(name => name === text)
  if (step === undefined) throw new ConfigError(`There is no such step of an authority: "${text}"`)
  return step
}
