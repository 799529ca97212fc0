import type { Command } from '../command.ts'

/** A command by its name. Its file is loaded when it is asked for: some bring most of the server with them. */
type Entry = readonly [name: string, load: () => Promise<Command>]

const entries: readonly Entry[] = [
  ['serve', async () => (await import('./serve.ts')).serveCommand],
  ['env', async () => (await import('./env.ts')).envCommand],
  ['status', async () => (await import('./status.ts')).statusCommand],
  ['explain', async () => (await import('./explain.ts')).explainCommand],
  ['policy check', async () => (await import('./policy-check.ts')).policyCheckCommand],
  ['account create', async () => (await import('./account.ts')).accountCreateCommand],
  ['account list', async () => (await import('./account.ts')).accountListCommand],
  ['account close', async () => (await import('./account-life.ts')).accountCloseCommand],
  ['account reopen', async () => (await import('./account-life.ts')).accountReopenCommand],
  ['account recover', async () => (await import('./account-life.ts')).accountRecoverCommand],
  ['identity-provider create', async () => (await import('./identity-provider.ts')).identityProviderCreateCommand],
  ['identity-provider list', async () => (await import('./identity-provider.ts')).identityProviderListCommand],
  ['identity-provider delete', async () => (await import('./identity-provider.ts')).identityProviderDeleteCommand],
  ['organization apply', async () => (await import('./organization.ts')).organizationApplyCommand],
  ['organization show', async () => (await import('./organization.ts')).organizationShowCommand],
  ['organization remove', async () => (await import('./organization.ts')).organizationRemoveCommand],
  [
    'integrated-service register',
    async () => (await import('./integrated-service.ts')).integratedServiceRegisterCommand,
  ],
  ['integrated-service list', async () => (await import('./integrated-service.ts')).integratedServiceListCommand],
  ['integrated-service remove', async () => (await import('./integrated-service.ts')).integratedServiceRemoveCommand],
  ['ca', async () => (await import('./ca.ts')).caCommand],
  ['ca export', async () => (await import('./ca.ts')).caExportCommand],
  ['ca renew', async () => (await import('./ca-renew.ts')).caRenewCommand],
  ['ca retire', async () => (await import('./ca-renew.ts')).caRetireCommand],
  ['network list', async () => (await import('./network.ts')).networkListCommand],
  ['network admit', async () => (await import('./network.ts')).networkAdmitCommand],
  ['network client', async () => (await import('./network.ts')).networkClientCommand],
  ['network attach', async () => (await import('./network-attach.ts')).networkAttachCommand],
  ['network detach', async () => (await import('./network-attach.ts')).networkDetachCommand],
  ['network clean', async () => (await import('./network-clean.ts')).networkCleanCommand],
  ['backup', async () => (await import('./backup.ts')).backupCommand],
  ['restore', async () => (await import('./backup.ts')).restoreCommand],
  ['seal rotate', async () => (await import('./seal-rotate.ts')).sealRotateCommand],
  ['trail verify', async () => (await import('./trail-verify.ts')).trailVerifyCommand],
  ['demo', async () => (await import('./demo.ts')).demoCommand],
  ['version', async () => (await import('./version.ts')).versionCommand],
]

const loaders = new Map(entries)

/** The names of all commands, in the order of the overview. */
export const commandNames: readonly string[] = [...loaders.keys()]

/** The command of one of these names. */
export function loadCommand(name: string): Promise<Command> {
  return loaders.get(name)!()
}

/** Several commands, for an overview. */
export function loadCommands(names: readonly string[] = commandNames): Promise<readonly Command[]> {
  return Promise.all(names.map(loadCommand))
}
