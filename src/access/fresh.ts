import type { FastifyRequest } from 'fastify'
import { AppError } from '#platform/errors.ts'
import { minuteMs, realTime } from './real-time.ts'

/** How long a password, a code or a sign-in counts as proof for what is grave. */
export const freshMs = 15 * minuteMs

/**
 * Asks a person to show once more who he is, where the last time is more than 15 minutes ago: who finds a session
 * open must not be able to make keys or owners with it. An API key is its own proof.
 */
export function requireFresh(request: FastifyRequest): void {
  if (request.actor && request.actor.kind !== 'user') return
  if (!request.proof) return
  const provenAt = request.proof.provenAt?.getTime() ?? 0
  if (realTime().getTime() - provenAt <= freshMs) return
  throw new AppError('confirm_needed', 'Please confirm that it is you: this needs your password or a code.', {
    status: 403,
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The session behind a person's call; a call with a key has none. */
    proof?: { sessionId: string; provenAt: Date | null }
  }
}
