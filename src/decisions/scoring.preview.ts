import { type Db, many, one, sql } from '#platform/db/db.ts'
import { scoreOf } from './score-decay.ts'
import { halfLifeMs, requireSound, type ScoreDefinition } from './score-models.definition.ts'
import type { LiveModel } from './score-models.ts'
import { count, type Moment, type Pair } from './scoring.count.ts'

export type Preview = {
  /** Contacts there are, and how many of them were counted. */
  contacts: number
  sampled: number
  exact: boolean
  mean: number
  buckets: { from: number; to: number; count: number }[]
  thresholds: { name: string; value: number; count: number; share: number }[]
  highest: { contactId: string; name: string; score: number }[]
}

const sampleSize = 2000
const mostBuckets = 20

/** Every k-th contact by a hash of its id: always the same ones, so that two drafts can be compared. */
async function sampleContacts(db: Db): Promise<{ contacts: number; rows: { id: string; name: string }[] }> {
  const { contacts } = await one<{ contacts: number }>(
    db,
    sql`select count(*)::int as contacts from audience.contact`,
  )
  const every = Math.max(1, Math.floor(contacts / sampleSize))
  const rows = await many<{ id: string; name: string }>(
    db,
    sql`
    select id, coalesce(nullif(concat_ws(' ', first_name, last_name), ''), email, id::text) as name
    from audience.contact where ${every} = 1 or hashint8(id) % ${every} = 0 order by id limit ${sampleSize * 2}`,
  )
  return { contacts, rows }
}

/** Equal steps of 1, 2 or 5 times a power of ten, at most twenty from the lowest to the highest score. */
export function bucketsOf(scores: number[]): Preview['buckets'] {
  if (scores.length === 0) return []
  const low = Math.min(0, ...scores)
  const high = Math.max(1, ...scores)
  const steps = [1, 2, 5].flatMap(digit =>
    Array.from({ length: 12 }, (_, power) => digit * 10 ** (power - 2)),
  )
  const step =
    steps
      .sort((a, b) => a - b)
      .find(size => Math.floor(high / size) - Math.floor(low / size) < mostBuckets) ?? high - low
  const first = Math.floor(low / step)
  const counts = Array.from({ length: Math.floor(high / step) - first + 1 }, () => 0)
  for (const score of scores) {
    const place = Math.floor(score / step) - first
    counts[place] = (counts[place] ?? 0) + 1
  }
  return counts.map((n, i) => ({ from: (first + i) * step, to: (first + i + 1) * step, count: n }))
}

/** What a draft would give to the contacts there are, as if it had always been live. Writes nothing. */
export async function previewScores(db: Db, definition: ScoreDefinition, moment: Moment): Promise<Preview> {
  requireSound(definition)
  const model: LiveModel = {
    id: '0',
    name: 'Preview',
    version: 1,
    definition,
    watched: [],
    counted: false,
  }
  const { contacts, rows } = await sampleContacts(db)
  const pairs = rows.map(
    (row): Pair => ({
      contactId: row.id,
      model,
      row: undefined,
      hits: [],
      fit: true,
      recount: true,
      loud: false,
      causeId: null,
    }),
  )
  const counted = await count(db, pairs, { ...moment, dry: true })
  const scores = new Map(
    counted.map(one => [one.pair.contactId, scoreOf(one.state, halfLifeMs(definition), moment.now)]),
  )
  const all = rows.map(row => ({ contactId: row.id, name: row.name, score: scores.get(row.id) ?? 0 }))
  const reaching = (value: number) => all.filter(row => row.score >= value).length
  return {
    contacts,
    sampled: all.length,
    exact: all.length === contacts,
    mean: all.length === 0 ? 0 : all.reduce((sum, row) => sum + row.score, 0) / all.length,
    buckets: bucketsOf(all.map(row => row.score)),
    thresholds: definition.thresholds.map(({ name, value }) => ({
      name,
      value,
      count: reaching(value),
      share: all.length === 0 ? 0 : reaching(value) / all.length,
    })),
    highest: all
      .filter(row => row.score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, 10),
  }
}
