import type { SocketWish } from './protocol.ts'

/** What the helper says to an opener: a wish, or that it has the socket. */
export type OpenerWord = { readonly id: number; readonly wish: SocketWish } | { readonly taken: number }

/** What an opener says: here is a socket; my copy is closed; it can't be opened. */
export type OpenerAnswer =
  | { readonly id: number; readonly kind: 'socket' | 'closed' }
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string }
