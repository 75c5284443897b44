import { setTimeout as pause } from 'node:timers/promises'
import { createLeases } from '#engine/lanes.ts'
import { type Db, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Claimed } from '../../src/outreach/delivery/claim.ts'
import { returnPath } from '../../src/outreach/delivery/compose.ts'
import { prepareMails } from '../../src/outreach/delivery/prepare.ts'
import { writeReceipts } from '../../src/outreach/delivery/receipts.sql.ts'
import { endingOf } from '../../src/outreach/delivery/reply.ts'
import { createSmtp } from '../../src/outreach/delivery/smtp.ts'
import { deliveryLoop } from '../../src/outreach/delivery.loop.ts'
import { queueMessages } from '../../src/outreach/messages.ts'
import { createRenderer } from '../../src/outreach/render/renderer.ts'
import { readSettings } from '../../src/outreach/settings.ts'
import { createVersions } from '../../src/outreach/versions.ts'
import type { Place } from './place.ts'

const claimRows = 200
const queueRows = 2000

/** One message for every contact, queued and ready to go; not part of what is measured. */
async function queueAll({ services, versionId }: Place, count: number): Promise<string> {
  const now = services.clock.now()
  const reason = `bench:${newId()}`
  for (let first = 1; first <= count; first += queueRows) {
    const rows = Array.from({ length: Math.min(queueRows, count - first + 1) }, (_, n) => ({
      contactId: String(first + n),
      channel: 'email' as const,
      class: 'marketing' as const,
      reason,
      emailVersionId: versionId,
      causeId: null,
      why: [{ kind: 'person', name: 'the bench' }],
      notBefore: now,
    }))
    await queueMessages(services.db, rows, now)
  }
  await run(services.db, sql`vacuum analyze outreach.message`)
  return reason
}

async function countSent(db: Db, reason: string): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from outreach.message where reason = ${reason} and state = 'sent'`,
  )
  return n
}

/** Mails per second as users get them: gate, caps, journal, receipts, events. */
export async function fullRate(place: Place, count: number): Promise<number> {
  const { services } = place
  const reason = await queueAll(place, count)
  const id = `bench-${newId()}`
  const leases = createLeases(services.db, { id, leaseMs: 30_000 })
  await leases.beat()
  const heart = setInterval(() => void leases.beat(), 5_000)
  const stopping = new AbortController()
  const began = performance.now()
  const running = deliveryLoop.run(services, stopping.signal, { id, held: () => leases.held() })
  while ((await countSent(services.db, reason)) < count) await pause(100)
  const seconds = (performance.now() - began) / 1000
  stopping.abort()
  await running
  clearInterval(heart)
  await leases.release()
  return count / seconds
}

/** The same without gate, facts and events: claim, render, MIME, SMTP, receipt. */
export async function bareRate(place: Place, count: number): Promise<number> {
  const { services } = place
  const { db } = services
  const reason = await queueAll(place, count)
  const smtp = createSmtp(services.config.smtpUrl ?? '')
  const renderer = createRenderer()
  const { settings } = await readSettings(db, 'live')
  const version = (await createVersions().get(db, [place.versionId])).get(place.versionId) ?? null
  const began = performance.now()
  for (;;) {
    const now = services.clock.now()
    const claimed = await claimBare(db, reason)
    if (claimed.length === 0) break
    const messages = claimed.map(row => ({ ...row, version }))
    const queue = prepareMails(services, renderer, { messages, settings, now })
    const rows: Parameters<typeof writeReceipts>[1] = []
    const line = async () => {
      for await (const prepared of queue) {
        if (!('raw' in prepared)) throw new Error(prepared.text)
        const { message, raw } = prepared
        const letter = { from: returnPath(services, message), to: message.address ?? '', raw }
        const outcome = await smtp.send(letter, () => true)
        const ending = endingOf(outcome, { id: message.id, class: message.class, attempt: 0, ageMs: 0 })
        rows.push({ contactId: message.contactId, id: message.id, ending, notBefore: now })
      }
    }
    await Promise.all(Array.from({ length: smtp.width }, line))
    await writeReceipts(db, rows, { sender: 'bare', now })
  }
  const seconds = (performance.now() - began) / 1000
  await renderer.close()
  await smtp.close()
  if ((await countSent(db, reason)) !== count) throw new Error('not everything was sent')
  return count / seconds
}

/** A batch set to `sending`, with what is needed to render it. */
function claimBare(db: Db, reason: string): Promise<Omit<Claimed, 'version'>[]> {
  return many(
    db,
    sql`
    update outreach.message m set state = 'sending', sender = 'bare', sending_at = m.queued_at
    from (
      select q.contact_id, q.id from unnest(${Array.from({ length: 64 }, (_, lane) => lane)}::smallint[]) as every (lane)
      cross join lateral (
        select q.contact_id, q.id from outreach.message q
        where q.lane = every.lane and q.urgency = 1 and coalesce(q.campaign_id, 0) = 0 and q.state in ('queued', 'deferred')
          and q.reason = ${reason} order by q.not_before, q.id limit 4) q
      limit ${claimRows}) due
    join audience.contact c on c.id = due.contact_id
    where m.contact_id = due.contact_id and m.id = due.id
    returning m.contact_id as "contactId", m.id, m.channel, m.class, m.email_version_id as "emailVersionId", m.recipient,
      m.payload, m.cause_id as "causeId", m.purpose, m.topic_id as "topicId", m.queued_at as "queuedAt", m.attempt,
      m.campaign_id as "campaignId", m.variant, c.email as address,
      jsonb_build_object('id', c.id::text, 'email', c.email, 'firstName', c.first_name, 'attrs', c.attrs) as contact`,
  )
}
