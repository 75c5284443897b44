import { systemActor } from '#access/users.ts'
import { listLists } from '#audience/lists.ts'
import { createCampaign } from '#outreach/campaigns.ts'
import { assign, compare, conclude } from '#outreach/experiments.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'

const hourMs = 3_600_000
const dayMs = 86_400_000

type Sent = { contactId: string; id: string; state: string; clicked: boolean }

const test = {
  variants: [
    { emailId: null, subject: null, fromName: null, fromAddress: null },
    { emailId: null, subject: 'Do your scores fade? They should.', fromName: null, fromAddress: null },
  ],
  share: 60,
  metric: 'clicks' as const,
  goal: null,
  hours: 72,
  minimum: 50,
  confidence: 90,
  pick: 'automatic' as const,
  otherwise: 'wait' as const,
}

/** The newest newsletter was a campaign with a test of its subject; the next one is being prepared. */
export async function seedCampaigns(
  { db }: Services,
  given: { owner: string; newsletter: string },
  now: Date,
): Promise<void> {
  const list = (await listLists(db)).find(each => /newsletter/i.test(each.name))
  const include = { segments: [], lists: list ? [list.id] : [] }
  const settings = { include, emailId: given.newsletter }
  const sent = await lastLetters(db, given.newsletter, now)
  const startedAt = new Date(now.getTime() - 9 * dayMs)
  const past = await createCampaign(
    db,
    systemActor,
    { name: 'Newsletter: scores that fade', settings: { ...settings, test } },
    startedAt,
  )
  await writePast(db, past.id, { ...given, sent, startedAt, now })
  await createCampaign(
    db,
    systemActor,
    {
      name: 'Webinar on consent: invitation',
      settings: { ...settings, exclude: { segments: [], lists: [], campaigns: [past.id] } },
    },
    now,
  )
}

/** What left nine days ago, or was held back. */
function lastLetters(db: Db, emailId: string, now: Date): Promise<Sent[]> {
  const since = new Date(now.getTime() - 10 * dayMs).toISOString()
  return many(
    db,
    sql`
    select m.contact_id as "contactId", m.id, m.state, exists (
      select from outreach.hit h where h.contact_id = m.contact_id and h.message_id = m.id
        and h.kind = 'click' and h.verdict = 'human') as clicked
    from outreach.message m join outreach.email_version v on v.id = m.email_version_id
    where v.email_id = ${emailId}::bigint and m.queued_at > ${since}::timestamptz order by m.contact_id`,
  )
}

type Past = { owner: string; newsletter: string; sent: Sent[]; startedAt: Date; now: Date }

/** Whoever clicked had mostly read the second subject: that is how the demo has it. */
function placesOf(id: string, sent: Sent[]): { wave: number; variant: number }[] {
  return sent.map(({ contactId, clicked }, i) => {
    const place = assign(id, contactId, test)
    return place.wave === 1 && clicked && i % 4 > 0 ? { wave: 1, variant: 2 } : place
  })
}

async function writePast(db: Db, id: string, past: Past): Promise<void> {
  const { sent, startedAt } = past
  const places = placesOf(id, sent)
  const variantOf = (i: number) => places[i]?.variant || 2
  const tried = [1, 2].map(variant => {
    const rows = sent.filter(
      (row, i) => places[i]?.wave === 1 && row.state === 'sent' && variantOf(i) === variant,
    )
    return { n: rows.length, hits: rows.filter(row => row.clicked).length }
  })
  const decidedAt = new Date(startedAt.getTime() + 72 * hourMs)
  const { winner, words } = conclude(compare(tried), test)
  const decision = {
    at: decidedAt.toISOString(),
    by: winner === null ? 'Owner' : 'Tend',
    words: winner === null ? `${words} Owner chose B.` : words,
  }
  await run(
    db,
    sql`
    insert into outreach.campaign_recipient (contact_id, campaign_id, wave, variant, due_at, message_id)
    select contact_id, ${id}::bigint, wave, variant, ${startedAt.toISOString()}::timestamptz, message_id
    from unnest(${sent.map(row => row.contactId)}::bigint[], ${places.map(place => place.wave)}::smallint[],
      ${places.map(place => place.variant)}::smallint[], ${sent.map(row => row.id)}::bigint[]) as x (contact_id, wave, variant, message_id)`,
  )
  const versions = await writeVariant(db, past.newsletter)
  await run(
    db,
    sql`
    update outreach.message m set campaign_id = ${id}::bigint, variant = x.variant, email_version_id = x.version
    from unnest(${sent.map(row => row.contactId)}::bigint[], ${sent.map(row => row.id)}::bigint[],
      ${sent.map((_, i) => variantOf(i))}::smallint[], ${sent.map((_, i) => versions[variantOf(i) - 1] ?? null)}::bigint[])
      as x (contact_id, id, variant, version)
    where m.contact_id = x.contact_id and m.id = x.id`,
  )
  const frozen = {
    named: sent.length + 61,
    people: sent.length + 61,
    recipients: sent.length,
    excluded: { no_consent: 38, consent_withdrawn: 14, suppressed_unsubscribed: 9 },
    waiting: {},
    withoutZone: 0,
    examples: {},
  }
  const at = (date: Date) => sql`${date.toISOString()}::timestamptz`
  await run(
    db,
    sql`
    update outreach.campaign set status = 'finished', owner_id = ${past.owner},
      review_on = ${new Date(past.now.getTime() + 120 * dayMs).toISOString().slice(0, 10)}::date,
      launched_at = ${at(startedAt)}, launched_by = 'Owner', starts_at = ${at(startedAt)}, started_at = ${at(startedAt)},
      frozen_at = ${at(startedAt)}, frozen = ${JSON.stringify(frozen)}::jsonb, wave = 2, winner = ${winner ?? 2}::smallint,
      decide_at = ${at(decidedAt)}, decision = ${JSON.stringify(decision)}::jsonb, versions = ${versions}::bigint[],
      ended_at = ${at(new Date(decidedAt.getTime() + hourMs))}
    where id = ${id}::bigint`,
  )
}

/** The published version, and the same with the other subject. */
async function writeVariant(db: Db, emailId: string): Promise<string[]> {
  const id = newId()
  const subject = test.variants[1]?.subject ?? ''
  const [base] = await many<{ id: string }>(
    db,
    sql`
    with base as (select v.* from outreach.email_version v where v.email_id = ${emailId}::bigint and v.number = 1),
      made as (
        insert into outreach.email_version (id, email_id, number, draft, subject, html, text, links, owner_id, review_on, published_by, published_at)
        select ${id}::bigint, email_id, -1, draft || jsonb_build_object('subject', ${subject}::text), ${subject}, html, text, links,
          owner_id, review_on, published_by, published_at from base)
    select id from base`,
  )
  return base ? [base.id, id] : []
}
