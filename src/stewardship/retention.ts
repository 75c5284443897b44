import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { type Db, inTransaction, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'

/** A kind of data with its time: what it is, how long by default, and what goes with it. `null`: kept for good. */
type Kind = { words: string; note: string; days: number | null; least: number }

/** How long each kind of data is kept unless somebody says otherwise. Days count back from business time. */
export const retentionKinds = {
  pageViews: {
    words: 'Page and screen views',
    note: 'Segments and scores count only what is left.',
    days: 395,
    least: 1,
  },
  events: {
    words: 'Other events',
    note: 'What people did and what was decided about them. Consent has a history of its own, which stays.',
    days: 1095,
    least: 30,
  },
  visitors: {
    words: 'Devices of unknown visitors',
    note: 'Ids of browsers that have no events left and belong to nobody known.',
    days: 395,
    least: 1,
  },
  hits: {
    words: 'Raw opens and clicks',
    note: 'What the verdict was made from, with the name of the mail program. The event and the verdict stay.',
    days: 395,
    least: 7,
  },
  messageContents: {
    words: 'Contents of messages',
    note: 'The words of alerts and tests, and what mail servers replied. That it was sent, and why, stays.',
    days: 180,
    least: 7,
  },
  mailbox: { words: 'Sandbox mailbox', note: 'Mails that did not leave.', days: 90, least: 1 },
  rejects: {
    words: 'Rejected calls',
    note: 'They may hold anything, so they are kept shortly.',
    days: 7,
    least: 1,
  },
  jobs: { words: 'Finished jobs', note: 'Their inputs, words and errors.', days: 90, least: 7 },
  webhookLogs: {
    words: 'Log of webhooks',
    note: 'What was sent to other systems and what they answered.',
    days: 30,
    least: 7,
  },
  inactiveContacts: {
    words: 'Contacts without consent who are no longer active',
    note: 'Erased as if they had asked: nothing granted, nothing heard of them and nothing changed for so long.',
    days: null,
    least: 90,
  },
} satisfies Record<string, Kind>

export type RetentionKind = keyof typeof retentionKinds
export const kindNames = Object.keys(retentionKinds) as RetentionKind[]

const days = (least: number) => z.int().min(least).max(36_500).nullable()

/** Days per kind; null keeps it for good. */
export const retentionSchema = z
  .object(
    Object.fromEntries(kindNames.map(name => [name, days(retentionKinds[name].least)])) as Record<
      RetentionKind,
      ReturnType<typeof days>
    >,
  )
  .partial()
  .strict()
export type Retention = Record<RetentionKind, number | null>

export const defaultRetention = (): Retention =>
  Object.fromEntries(kindNames.map(name => [name, retentionKinds[name].days])) as Retention

export async function readRetention(db: Db): Promise<Retention> {
  const row = await maybeOne<{ value: unknown }>(
    db,
    sql`select value from stewardship.setting where name = 'retention'`,
  )
  const given = retentionSchema.safeParse(row?.value ?? {})
  return { ...defaultRetention(), ...(given.success ? given.data : {}) }
}

/** Changes the times of some kinds. Nothing is removed before the next night, or before somebody starts it. */
export async function saveRetention(
  db: Db,
  actor: Actor,
  change: z.infer<typeof retentionSchema>,
  now: Date,
): Promise<Retention> {
  return inTransaction(db, async trx => {
    const wanted = { ...(await readRetention(trx)), ...change }
    await run(
      trx,
      sql`
      insert into stewardship.setting (name, value, updated_at, updated_by)
      values ('retention', ${JSON.stringify(wanted)}::jsonb, ${now.toISOString()}::timestamptz, ${actor.name})
      on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at,
        updated_by = excluded.updated_by`,
    )
    await audit(trx, actor, 'privacy.retention', { kind: 'settings', id: 'retention' }, change)
    return wanted
  })
}

/** What is older than this is past its time; null where the kind is kept for good. */
export function limitOf(retention: Retention, kind: RetentionKind, now: Date): Date | null {
  const kept = retention[kind]
  return kept === null ? null : new Date(now.getTime() - kept * 86_400_000)
}
