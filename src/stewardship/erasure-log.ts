import { z } from 'zod'
import { systemActor } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { recordConsent } from '#audience/consent.ts'
import { suppressHashes, suppressionReasons } from '#audience/suppression.ts'
import type { Module } from '#engine/module.ts'
import { type Db, inTransaction, many, one, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { idSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { eraseContact } from './erase.ts'

// What a restored backup must not bring back: who was erased since, who opted out, and which addresses are never to be
// written to.
// It names nobody - numbers of contacts, keyed hashes of addresses -, so it can be kept for longer than a backup.

const pageSize = 1_000
const header = z.strictObject({ log: z.literal('tend-erasures-1'), key: z.string() })
const erased = z.strictObject({ erased: idSchema, at: z.iso.datetime() })
const suppressed = z.strictObject({
  suppressed: z.string().regex(/^[0-9a-f]{64}$/),
  reason: z.enum(suppressionReasons),
  source: z.string().max(1_000),
  at: z.iso.datetime(),
})
const left = z.strictObject({
  left: idSchema,
  purpose: z.string().max(200),
  topicId: z.string().regex(/^\d{1,19}$/),
  at: z.iso.datetime(),
})
const anyLine = z.union([erased, suppressed, left])
export type ErasureLog = {
  key: string
  erased: z.infer<typeof erased>[]
  suppressed: z.infer<typeof suppressed>[]
  left: z.infer<typeof left>[]
}

/** The fingerprint of the key that the hashes were made with. */
async function keyOf(db: Db): Promise<string> {
  const { key } = await one<{ key: string }>(
    db,
    sql`select coalesce((select value #>> '{}' from platform.setting where name = 'key_fingerprint'), '') as key`,
  )
  return key
}

/** The log line by line, as JSON: all erasures there ever were, all suppressed addresses, all opt-outs that hold. */
export async function* writeErasures(db: Db): AsyncGenerator<string> {
  yield JSON.stringify({ log: 'tend-erasures-1', key: await keyOf(db) })
  for (let after = '0'; ; ) {
    const rows = await many<{ erased: string; at: Date }>(
      db,
      sql`select contact_id as erased, max(at) as at from stewardship.erasure
        where contact_id > ${after}::bigint group by contact_id order by contact_id limit ${pageSize}`,
    )
    for (const row of rows) yield JSON.stringify(row)
    const last = rows.at(-1)
    if (!last) break
    after = last.erased
  }
  for (let after = ''; ; ) {
    const rows = await many<{ suppressed: string; reason: string; source: string; at: Date }>(
      db,
      sql`select encode(address_hash, 'hex') as suppressed, reason, source, at from audience.suppression
        where address_hash > decode(${after}, 'hex') order by address_hash limit ${pageSize}`,
    )
    for (const row of rows) yield JSON.stringify(row)
    const last = rows.at(-1)
    if (!last) break
    after = last.suppressed
  }
  for (let after = { left: '0', purpose: '', topicId: '0' }; ; ) {
    const rows = await many<{ left: string; purpose: string; topicId: string; at: Date }>(
      db,
      sql`select contact_id as left, purpose, topic_id as "topicId", since as at from audience.consent_current
        where state = 'withdrawn'
          and (contact_id, purpose, topic_id) > (${after.left}::bigint, ${after.purpose}, ${after.topicId}::bigint)
        order by contact_id, purpose, topic_id limit ${pageSize}`,
    )
    for (const row of rows) yield JSON.stringify(row)
    const last = rows.at(-1)
    if (!last) break
    after = last
  }
}

/** Reads such a log whole, so that nothing is begun with one that is broken; throws the line that is wrong. */
export function readErasures(text: string): ErasureLog {
  const [first = '', ...rest] = text.split('\n')
  const head = header.safeParse(jsonOf(first))
  if (!head.success) throw broken(1)
  const log: ErasureLog = { key: head.data.key, erased: [], suppressed: [], left: [] }
  for (const [i, line] of rest.entries()) {
    if (line.trim() === '') continue
    const json = jsonOf(line)
    const read = anyLine.safeParse(json).data
    if (!read) throw broken(i + 2)
    if ('erased' in read) log.erased.push(read)
    else if ('suppressed' in read) log.suppressed.push(read)
    else log.left.push(read)
  }
  return log
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const broken = (line: number) =>
  new AppError('bad_erasures', `Line ${line} of the log of erasures cannot be read; it may be cut off.`)

export type Repeated = { erased: number; suppressed: number; left: number }

export const repeatedWords = ({ erased, suppressed, left }: Repeated): string =>
  `${erased} people erased again, ${suppressed} addresses kept out, ${left} opt-outs taken down again.`

/**
 * Erases everybody of the log who is here (again), puts its addresses on the list of suppressed ones, and takes its
 * opt-outs down where the contact has not spoken since. Doing it twice does nothing more. Refuses a log of another key: its hashes would match nobody.
 */
export async function repeatErasures(
  modules: Module[],
  services: Services,
  log: ErasureLog,
): Promise<Repeated> {
  const { db } = services
  if (log.key !== (await keyOf(db)))
    throw new AppError('other_key', 'This log of erasures was written with another key.', { status: 409 })
  for (let from = 0; from < log.suppressed.length; from += pageSize) {
    const rows = log.suppressed.slice(from, from + pageSize).map(({ suppressed: hash, at, ...row }) => ({
      ...row,
      hash: Buffer.from(hash, 'hex'),
      at: new Date(at),
    }))
    await inTransaction(db, trx => suppressHashes(trx, rows))
  }
  const here = await many<{ id: string }>(
    db,
    sql`select id from audience.contact where id = any(${log.erased.map(row => row.erased)}::bigint[]) order by id`,
  )
  // The log says itself whose addresses are kept out.
  for (const { id } of here) await eraseContact(modules, services, { id, actor: systemActor, keepOut: false })
  return {
    erased: here.length,
    suppressed: log.suppressed.length,
    left: await repeatOptOuts(services, log.left),
  }
}

/** Nobody reacts to them: they are no news, the original has dealt with them. Returns how many were missing. */
async function repeatOptOuts({ db }: Services, rows: ErasureLog['left']): Promise<number> {
  let repeated = 0
  for (let from = 0; from < rows.length; from += pageSize)
    repeated += await inTransaction(db, async trx => {
      const missing = await missingAmong(trx, rows.slice(from, from + pageSize))
      const events = await recordConsent(
        trx,
        missing.map(({ contactId, purpose, topicId, at }) => ({
          contactId,
          purpose,
          topicId: topicId === '0' ? null : topicId,
          state: 'withdrawn' as const,
          basis: 'request',
          source: 'log of erasures',
          proof: { method: 'repeated after a restore' },
          at,
        })),
      )
      await record(
        trx,
        events.map(event => ({ ...event, data: { ...event.data, muted: true } })),
      )
      return missing.length
    })
  return repeated
}

/** Opt-outs that a copy does not know, of contacts that it has. */
function missingAmong(
  trx: Db,
  rows: ErasureLog['left'],
): Promise<{ contactId: string; purpose: string; topicId: string; at: Date }[]> {
  return many(
    trx,
    sql`
    select c.id as "contactId", gone.purpose, gone.topic_id as "topicId", gone.at
    from unnest(${rows.map(row => row.left)}::bigint[], ${rows.map(row => row.purpose)}::text[],
      ${rows.map(row => row.topicId)}::bigint[], ${rows.map(row => row.at)}::timestamptz[]) as gone (id, purpose, topic_id, at)
    join audience.contact c on c.id = gone.id
    left join audience.consent_current known
      on known.contact_id = c.id and known.purpose = gone.purpose and known.topic_id = gone.topic_id
    where known.state is null or (known.state <> 'withdrawn' and known.since <= gone.at)`,
  )
}
