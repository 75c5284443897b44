import { sentenceOf } from '#activity/catalogue.ts'
import { ledger } from '#activity/ledger.ts'
import { type Contact, contactsForRender } from '#audience/contacts.ts'
import { scoreModelsByIds } from '#decisions/score-models.ts'
import { gainedSince, scoresOf } from '#decisions/scoring.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import { deeds } from './trigger.ts'

/** What sales needs to know before a call. */
export type Story = {
  contact: Contact
  /** The last telling things, the newest first: at most five, the same ones in a row told once. */
  actions: { at: Date; sentence: string }[]
  /** The highest score, and what was added in the last seven days. */
  score: { name: string; score: number; gained: number } | null
}

const weekMs = 7 * 86_400_000
const toldAtMost = 5
/** Of so many the five are made. */
const lookedAt = 30
const telling = [...deeds, 'score.rose', 'handoff.accepted', 'handoff.returned']

/** The stories of these contacts, set-based: the same few statements for any number. Those that are gone are left out. */
export async function storiesOf(db: Db, contactIds: string[], now: Date): Promise<Map<string, Story>> {
  const ids = [...new Set(contactIds)]
  if (ids.length === 0) return new Map()
  const [contacts, actions, scores] = [
    await contactsForRender(db, ids),
    await lastActions(db, ids),
    await bestScores(db, ids, now),
  ]
  return new Map(
    contacts.map(contact => [
      contact.id,
      { contact, actions: actions.get(contact.id) ?? [], score: scores.get(contact.id) ?? null },
    ]),
  )
}

type Row = { contactId: string; at: Date; type: string; name: string | null; data: Record<string, unknown> }

async function lastActions(db: Db, ids: string[]): Promise<Map<string, Story['actions']>> {
  const rows = await many<Row>(
    db,
    sql`
    select event.contact_id as "contactId", event.at, event.type, event.name, event.data
    from unnest(${ids}::bigint[]) as wanted (contact_id)
    cross join lateral (
      select e.contact_id, e.at, e.id, e.type, e.name, e.data from ${ledger} e
      where e.contact_id = wanted.contact_id and (e.type = any(${telling}::text[]) or e.type like 'deal.%')
        and e.data -> 'bot' is distinct from 'true'::jsonb and coalesce(e.data ->> 'verdict', 'human') = 'human'
      order by e.at desc, e.id desc limit ${lookedAt}) event`,
  )
  const byContact = Map.groupBy(rows, row => row.contactId)
  return new Map([...byContact].map(([id, own]) => [id, condensed(own)]))
}

/** What was done again and again takes one line: "looked at the page “Prices” (3 times)". */
function condensed(rows: Row[]): Story['actions'] {
  const told = new Map<string, { at: Date; times: number }>()
  for (const row of rows) {
    const sentence = sentenceOf(row)
    const before = told.get(sentence)
    if (before) before.times += 1
    else told.set(sentence, { at: row.at, times: 1 })
  }
  return [...told].slice(0, toldAtMost).map(([sentence, { at, times }]) => ({
    at,
    sentence: times > 1 ? `${sentence} (${times} times)` : sentence,
  }))
}

async function bestScores(
  db: Db,
  ids: string[],
  now: Date,
): Promise<Map<string, NonNullable<Story['score']>>> {
  const scores = await scoresOf(db, ids, now)
  const best = [...scores].flatMap(([contactId, own]) => {
    const [first] = [...own].sort(([, a], [, b]) => b - a)
    return first ? [{ contactId, modelId: first[0], score: first[1] }] : []
  })
  if (best.length === 0) return new Map()
  const models = new Map(
    (await scoreModelsByIds(db, [...new Set(best.map(row => row.modelId))])).map(model => [
      model.id,
      model.name,
    ]),
  )
  const gained = await gainedSince(db, ids, new Date(now.getTime() - weekMs))
  return new Map(
    best.map(({ contactId, modelId, score }) => [
      contactId,
      {
        name: models.get(modelId) ?? 'Score',
        score: Math.round(score),
        gained: Math.round(gained.get(`${contactId}|${modelId}`) ?? 0),
      },
    ]),
  )
}

/** How a person is called. */
export function nameOf(
  contact: Pick<Contact, 'firstName' | 'lastName' | 'email'> | null | undefined,
): string {
  const name = [contact?.firstName, contact?.lastName].filter(Boolean).join(' ')
  return name || contact?.email || 'A contact'
}
