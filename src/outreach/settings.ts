import { z } from 'zod'
import { audit } from '#access/audit.ts'
import type { Config } from '#platform/config.ts'
import { type Db, inTransaction, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, like 21:00')

export const settingsSchema = z.object({
  /** Stands under every marketing mail (CAN-SPAM asks for it). */
  postalAddress: z.string().max(300),
  fromName: z.string().max(100),
  /** Marketing waits until the night is over where the contact lives; null: no night. */
  quietHours: z.object({ from: clockTime, to: clockTime }).nullable(),
  /** At most so many marketing mails per contact in so many hours. */
  caps: z
    .array(
      z.object({
        count: z.int().min(1).max(100),
        hours: z
          .int()
          .min(1)
          .max(24 * 90),
      }),
    )
    .max(5),
  /** How long a marketing mail may wait for its turn before it is stale. */
  longestWaitHours: z
    .int()
    .min(1)
    .max(24 * 30),
  /** The letter of the double opt-in; empty: ours, in the contact's language. */
  confirmSubject: z
    .string()
    .max(200)
    .refine(text => !/[\r\n\0]/.test(text), 'must be one line'),
  confirmText: z.string().max(2000),
})
export type Settings = z.infer<typeof settingsSchema>

/** Sending is stopped, by a person or by a breaker, until a person lets it go on. */
export type Pause = { by: string; words: string; at: string } | null

export type Stored = { settings: Settings; pause: Pause }

/** In the sandbox there is no night: who tries things out late would wait for nothing. */
export function defaultSettings(mode: Config['mode']): Settings {
  return {
    postalAddress: '',
    fromName: 'Tend',
    quietHours: mode === 'live' ? { from: '21:00', to: '08:00' } : null,
    caps: [
      { count: 1, hours: 20 },
      { count: 3, hours: 24 * 7 },
    ],
    longestWaitHours: 72,
    confirmSubject: '',
    confirmText: '',
  }
}

const pauseSchema = z.object({ by: z.string(), words: z.string(), at: z.string() }).nullable()

/** The settings as they are now; parts that were never set have their default. */
export async function readSettings(db: Db, mode: Config['mode']): Promise<Stored> {
  const row = await maybeOne<{ settings: unknown; pause: unknown }>(
    db,
    sql`
    select (select value from outreach.setting where name = 'sending') as settings,
      (select value from outreach.setting where name = 'pause') as pause`,
  )
  const given = settingsSchema.partial().safeParse(row?.settings ?? {})
  const pause = pauseSchema.safeParse(row?.pause ?? null)
  return {
    settings: { ...defaultSettings(mode), ...(given.success ? given.data : {}) },
    pause: pause.success ? pause.data : null,
  }
}

async function put(db: Db, row: { name: string; value: unknown; by: string; now: Date }): Promise<void> {
  await run(
    db,
    sql`
    insert into outreach.setting (name, value, updated_at, updated_by)
    values (${row.name}, ${JSON.stringify(row.value)}::jsonb, ${row.now.toISOString()}::timestamptz, ${row.by})
    on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at,
      updated_by = excluded.updated_by`,
  )
}

/** Changes some settings; they hold from the next message on. */
export async function saveSettings(
  db: Db,
  actor: Actor,
  change: Partial<Settings>,
  { mode, now }: { mode: Config['mode']; now: Date },
): Promise<Stored> {
  return inTransaction(db, async trx => {
    const { settings } = await readSettings(trx, mode)
    await put(trx, { name: 'sending', value: { ...settings, ...change }, by: actor.name, now })
    await audit(trx, actor, 'settings.sending', { kind: 'settings', id: 'sending' }, change)
    return readSettings(trx, mode)
  })
}

/** Stops marketing and service mail. Alerts and tests go on. */
export async function pauseSending(db: Db, by: string, words: string, now: Date): Promise<void> {
  await put(db, { name: 'pause', value: { by, words, at: now.toISOString() }, by, now })
}

/** Lets it go on: what was held is looked at again at once. */
export async function resumeSending(db: Db, actor: Actor, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    await put(trx, { name: 'pause', value: null, by: actor.name, now })
    await run(
      trx,
      sql`
      update outreach.message set not_before = ${now.toISOString()}::timestamptz, verdict = null
      where state in ('queued', 'deferred') and verdict = 'hold'`,
    )
    await audit(trx, actor, 'sending.resume', { kind: 'settings', id: 'sending' })
  })
}
