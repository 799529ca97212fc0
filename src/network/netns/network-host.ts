import { ConfigError } from '../../base/index.ts'
import { enterWords, findHolder } from './holder.ts'
import { installationOf } from './names.ts'
import { runProgram } from './run-program.ts'

/** Where the network namespaces of an installation are on this machine, and how its programs are run there. */
export interface NetworkHost {
  readonly installation: string
  /** Words before a command that is to run where the namespaces' names are known: none for root. */
  readonly prefix: readonly string[]
  /**
   * Runs `ip …` or `nft …` there. What comes from a request goes in by `input` (`ip -batch -`, `nft -f -`), never into the words.
   *
   * @throws {ConfigError} where the program is not installed. @throws {ProgramError} where it failed.
   */
  readonly run: (words: readonly string[], input?: string) => Promise<string>
}

/**
 * The host of an installation as this user reaches it: root by his own rights, others by the holder that their server has started.
 *
 * @throws {ConfigError} where there is none.
 */
export function networkHost(dataDirectory: string): NetworkHost {
  requireLinux()
  if (process.getuid?.() === 0) return hostBehind(dataDirectory, [])
  const holder = findHolder(dataDirectory)
  if (holder === undefined) {
    throw new ConfigError(
      `There are no network namespaces of ${dataDirectory} that you may use: start "postern serve --network netns", or where root has started it, run this as root`,
    )
  }
  return hostBehind(dataDirectory, enterWords(holder))
}

function hostBehind(dataDirectory: string, prefix: readonly string[]): NetworkHost {
  const run = (words: readonly string[], input = ''): Promise<string> => runProgram([...prefix, ...words], input)
  return { installation: installationOf(dataDirectory), prefix, run }
}

/** @throws {ConfigError} on systems without network namespaces. */
export function requireLinux(): void {
  if (process.platform !== 'linux')
    throw new ConfigError('Cannot use --network netns here: network namespaces are Linux’s. Use --network loopback')
}
