import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const repository = fileURLToPath(new URL('..', import.meta.url))

/** Runs a program in the repository with this process's output; gives its exit code. */
export function runCommand(
  program: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'], env: environment })
    child.on('error', reject)
    child.on('close', code => resolve(code ?? 1))
  })
}
