import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Db, maybeOne, run, sql } from '../db/db.ts'
import { AppError, conflict, invalid } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Actor, Route } from './route.ts'

/** After this a key is as good as new. */
const keptHours = 24
/** No request lives longer; what is still open then was cut off, and nobody can know how far it came. */
const longestSeconds = 120
const header = 'idempotency-key'

type Stored = { same: boolean; status: number | null; answer: string | null; late: boolean }

/** What a request is to this: who, under which key, asking what. Null where it names no key or cannot have one. */
function claimOf(
  request: FastifyRequest,
  route: Route,
  actor: Actor,
): { actor: string; key: string; hash: Buffer } | null {
  const key = request.headers[header]
  if (route.method !== 'POST' || actor.kind === 'system' || key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalid('The Idempotency-Key cannot be used.', [
      { path: 'Idempotency-Key', message: 'must have 1 to 255 printable characters and no blank' },
    ])
  const { body } = request
  const isStream = typeof body === 'object' && body !== null && 'pipe' in body
  if (isStream) return null
  const text = Buffer.isBuffer(body) ? body : (JSON.stringify(body) ?? '')
  const hash = createHash('sha256').update(`${route.method} ${request.url}\n`).update(text).digest()
  return { actor: `${actor.kind} ${actor.id}`, key, hash }
}

/**
 * Runs `work` at most once per Idempotency-Key and actor within 24 hours. The same request again gets the first
 * answer (`idempotency-replayed: true`); the same key for another request is 422; while the first is under way it is
 * 409. What was refused or failed has changed nothing, so it may be tried again under the same key. A request that
 * was cut off in the middle is never repeated blindly: 409, `idempotency_unknown`.
 */
export async function once(
  given: { request: FastifyRequest; answer: FastifyReply; route: Route; actor: Actor },
  { db, secrets }: Services,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const claim = claimOf(given.request, given.route, given.actor)
  if (!claim) return work()
  const before = await take(db, claim)
  if (before) return replay(before, given.answer, text => secrets.decrypt(text))
  const result = await work().catch(async (error: unknown) => {
    await release(db, claim)
    throw error
  })
  if (given.answer.sent) {
    await release(db, claim)
    return result
  }
  // Written as it leaves, so that the repetition is the same to the letter.
  const text = JSON.stringify(given.route.reply.parse(result))
  await run(
    db,
    sql`
    update platform.idempotency set status = ${given.route.status}, answer = ${secrets.encrypt(text)}
    where actor = ${claim.actor} and key = ${claim.key}`,
  )
  return result
}

/** What was refused has changed nothing: the key is free again. */
async function release(db: Db, claim: { actor: string; key: string }): Promise<void> {
  await run(
    db,
    sql`delete from platform.idempotency where actor = ${claim.actor} and key = ${claim.key} and status is null`,
  )
}

/** Takes the key, or gives what stands under it. */
async function take(db: Db, claim: { actor: string; key: string; hash: Buffer }): Promise<Stored | null> {
  await run(
    db,
    sql`
    delete from platform.idempotency where actor = ${claim.actor} and key = ${claim.key}
      and created_at < clock_timestamp() - make_interval(hours => ${keptHours})`,
  )
  const taken = await run(
    db,
    sql`
    insert into platform.idempotency (actor, key, request_hash) values (${claim.actor}, ${claim.key}, ${claim.hash})
    on conflict do nothing`,
  )
  if (taken === 1) return null
  const stored = await maybeOne<Stored>(
    db,
    sql`
    select request_hash = ${claim.hash} as same, status, answer,
      created_at < clock_timestamp() - make_interval(secs => ${longestSeconds}) as late
    from platform.idempotency where actor = ${claim.actor} and key = ${claim.key}`,
  )
  // The first was refused in this very moment.
  return stored ?? { same: true, status: null, answer: null, late: false }
}

function replay(stored: Stored, answer: FastifyReply, open: (sealed: string) => string): string {
  if (!stored.same)
    throw new AppError(
      'idempotency_mismatch',
      'This Idempotency-Key was used for another request. Take a new key for a new request.',
      { status: 422 },
    )
  if (stored.status === null || stored.answer === null) {
    if (stored.late)
      throw conflict(
        'idempotency_unknown',
        'The first request under this Idempotency-Key was cut off. Look whether it was carried out, then use a new key.',
      )
    throw conflict(
      'idempotency_running',
      'The first request under this Idempotency-Key is still under way.',
      {
        retryAfterSeconds: 1,
      },
    )
  }
  const text = open(stored.answer)
  answer
    .header('idempotency-replayed', 'true')
    .type('application/json; charset=utf-8')
    .serializer((body: unknown) => String(body))
  return text
}

/** Forgets keys that are past their time; how many. */
export function pruneIdempotency(db: Db): Promise<number> {
  return run(
    db,
    sql`delete from platform.idempotency where created_at < clock_timestamp() - make_interval(hours => ${keptHours})`,
  )
}
