import type { Command } from '../command.ts'
import { accountCreateCommand, accountListCommand } from './account.ts'
import { envCommand } from './env.ts'
import { explainCommand } from './explain.ts'
import { serveCommand } from './serve.ts'
import { statusCommand } from './status.ts'

/** All commands, in the order of the overview. */
export const commands: readonly Command[] = [
  serveCommand,
  envCommand,
  statusCommand,
  explainCommand,
  accountCreateCommand,
  accountListCommand,
]
