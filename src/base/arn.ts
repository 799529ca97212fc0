/** An Amazon Resource Name in parts: `arn:partition:service:region:account:resource`. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** The partition that Postern's ARNs are in. */
export const partition = 'aws'

/** Splits an ARN, or gives `undefined` where the text is none. The resource part may contain colons. */
export function parseArn(text: string): Arn | undefined {
  const parts = text.split(':')
  if (parts.length < 6 || parts[0] !== 'arn') return undefined
  const [, partitionPart = '', service = '', region = '', account = ''] = parts
  return { partition: partitionPart, service, region, account, resource: parts.slice(5).join(':') }
}

/** Joins an ARN of Postern's partition. */
export function formatArn(service: string, region: string, account: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`
}

/** The ARN that stands for an account as a principal: `arn:aws:iam::111122223333:root`. */
export function accountRootArn(account: string): string {
  return formatArn('iam', '', account, 'root')
}

/** Whether the text has the form of an account id: twelve digits. */
export function isAccountId(text: string): boolean {
  return /^\d{12}$/.test(text)
}
