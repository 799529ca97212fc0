import type { WarningRow } from './warning.ts'

/** An endpoint policy that only denies: what no statement allows is refused. */
export const denyOnly: WarningRow = {
  name: 'deny-only',
  kinds: ['endpoint'],
  about: 'An endpoint policy has no statement that allows: nothing gets through the endpoint',
  find: ({ statements }) =>
    statements.some(({ effect }) => effect === 'Allow')
      ? []
      : [
          {
            message:
              'nothing gets through the endpoint: no statement allows. Add one that does, as {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, beside those that deny',
          },
        ],
}
