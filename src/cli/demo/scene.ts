import type { Asker } from './aws-client.ts'
import type { DemoServer } from './demo-server.ts'
import type { StoryNetwork } from './network.ts'
import type { StoryKey } from './steps/4-cryptography.ts'

/** Who and what is there once the first steps are told. */
export interface Scene {
  readonly server: DemoServer
  readonly account: string
  /** The administrator at the public door, and through the endpoint. */
  readonly admin: Asker
  readonly inside: Asker
  readonly network: StoryNetwork
  readonly key: StoryKey
}

/** The people of step 5, whom the later steps need. */
export interface People {
  /** The user, through the endpoint. */
  readonly user: Asker
  readonly userArn: string
  /** The administrator of another account, through the endpoint. */
  readonly foreigner: Asker
}

/** The account of others. */
export const otherAccount = '444455556666'
