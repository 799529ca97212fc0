import { runProgram } from './run-program.ts'

/** @throws {ConfigError} where one of the programs that keep namespaces is not installed. */
export async function requirePrograms(...programs: readonly ('ip' | 'nft' | 'nsenter' | 'unshare')[]): Promise<void> {
  for (const program of programs) await runProgram([program, program === 'ip' ? '-V' : '--version'])
}
