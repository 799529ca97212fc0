import { spawnSync } from 'node:child_process'

/** A Python that has boto3. @throws where there is none: CI installs it. */
export function pythonWithBoto3(): string {
  const found = ['python3', '/usr/bin/python3'].find(name => spawnSync(name, ['-c', 'import boto3']).status === 0)
  if (found === undefined)
    throw new Error('This test drives boto3, which is not installed here: "apt-get install python3-boto3" brings it')
  return found
}
