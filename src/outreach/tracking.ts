import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { consentsAmong } from '#audience/consent.ts'
import { type Db, inTransaction, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'
import type { HitKind } from './verdict.ts'

export const trackingModes = ['always', 'consent', 'never'] as const
export type TrackingMode = (typeof trackingModes)[number]

/** Whether mails notice opens and clicks: unless the person objected, only with consent to it, or not at all. */
export const trackingSchema = z.object({ opens: z.enum(trackingModes), clicks: z.enum(trackingModes) })
export type Tracking = z.infer<typeof trackingSchema>

/** What a person says about being followed is consent to this purpose, like any other with history and proof. */
export const trackingPurpose = 'tracking'

export async function readTracking(db: Db): Promise<Tracking> {
  const row = await maybeOne<{ value: unknown }>(
    db,
    sql`select value from outreach.setting where name = 'tracking'`,
  )
  const given = trackingSchema.partial().safeParse(row?.value ?? {})
  return { opens: 'always', clicks: 'always', ...(given.success ? given.data : {}) }
}

/** Holds from the next mail on; in mails that are out already, hits are no longer kept. */
export async function saveTracking(db: Db, actor: Actor, tracking: Tracking, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    await run(
      trx,
      sql`
      insert into outreach.setting (name, value, updated_at, updated_by)
      values ('tracking', ${JSON.stringify(tracking)}::jsonb, ${now.toISOString()}::timestamptz, ${actor.name})
      on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at,
        updated_by = excluded.updated_by`,
    )
    await audit(trx, actor, 'privacy.tracking', { kind: 'settings', id: 'tracking' }, tracking)
  })
}

type Word = 'granted' | 'withdrawn' | 'pending' | undefined

/** Pure: the setting and what the person said; a browser that objects (GPC, DNT) needs his own yes. */
export function mayTrack(mode: TrackingMode, word: Word, objects = false): boolean {
  if (mode === 'never' || word === 'withdrawn') return false
  return word === 'granted' || (mode === 'always' && !objects)
}

/** Whether opens and clicks of these contacts may be noticed: one statement for any number. */
export async function trackingOf(
  db: Db,
  contactIds: string[],
): Promise<(contactId: string, kind: HitKind, objects?: boolean) => boolean> {
  const [settings, rows] = await Promise.all([
    readTracking(db),
    consentsAmong(db, contactIds, trackingPurpose),
  ])
  const words = new Map(rows.filter(row => row.topicId === '0').map(row => [row.contactId, row.state]))
  return (contactId, kind, objects) =>
    mayTrack(kind === 'open' ? settings.opens : settings.clicks, words.get(contactId), objects)
}
