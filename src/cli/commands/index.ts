import type { Command } from '../command.ts'
import { accountCloseCommand, accountRecoverCommand, accountReopenCommand } from './account-life.ts'
import { accountCreateCommand, accountListCommand } from './account.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import { caRenewCommand, caRetireCommand } from './ca-renew.ts'
import { caCommand, caExportCommand } from './ca.ts'
import { demoCommand } from './demo.ts'
import { envCommand } from './env.ts'
import { explainCommand } from './explain.ts'
import {
  identityProviderCreateCommand,
  identityProviderDeleteCommand,
  identityProviderListCommand,
} from './identity-provider.ts'
import {
  integratedServiceListCommand,
  integratedServiceRegisterCommand,
  integratedServiceRemoveCommand,
} from './integrated-service.ts'
import { networkAttachCommand, networkDetachCommand } from './network-attach.ts'
import { networkAdmitCommand, networkClientCommand, networkListCommand } from './network.ts'
import { organizationApplyCommand, organizationRemoveCommand, organizationShowCommand } from './organization.ts'
import { policyCheckCommand } from './policy-check.ts'
import { sealRotateCommand } from './seal-rotate.ts'
import { networkCleanCommand } from './network-clean.ts'
import { serveCommand } from './serve.ts'
import { statusCommand } from './status.ts'
import { trailVerifyCommand } from './trail-verify.ts'
import { versionCommand } from './version.ts'

/** All commands, in the order of the overview. */
export const commands: readonly Command[] = [
  serveCommand,
  envCommand,
  statusCommand,
  explainCommand,
  policyCheckCommand,
  accountCreateCommand,
  accountListCommand,
  accountCloseCommand,
  accountReopenCommand,
  accountRecoverCommand,
  identityProviderCreateCommand,
  identityProviderListCommand,
  identityProviderDeleteCommand,
  organizationApplyCommand,
  organizationShowCommand,
  organizationRemoveCommand,
  integratedServiceRegisterCommand,
  integratedServiceListCommand,
  integratedServiceRemoveCommand,
  caCommand,
  caExportCommand,
  caRenewCommand,
  caRetireCommand,
  networkListCommand,
  networkAdmitCommand,
  networkClientCommand,
  networkAttachCommand,
  networkDetachCommand,
  networkCleanCommand,
  backupCommand,
  restoreCommand,
  sealRotateCommand,
  trailVerifyCommand,
  demoCommand,
  versionCommand,
]
