import { listScoreModels } from '#decisions/score-models.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { type Db, inTransaction, many, maybeOne, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'

/** What somebody does himself; what machines did is left out besides. */
const deeds = ['page.viewed', 'screen.viewed', 'event.tracked', 'email.opened', 'email.clicked']
const engagedDays = 30
/** Further back nobody looks for the last activity. */
const lookBackDays = 365
const dayMs = 86_400_000

export type Standing = {
  companyId: string
  people: number
  engaged: number
  scoreSum: number
  scoreAverage: number
  lastActivity: Date | null
}

/** The score model that companies are measured by: the oldest that is live. */
async function modelOf(db: Db): Promise<{ id: string; name: string } | null> {
  const live = (await listScoreModels(db)).filter(model => model.status === 'live')
  return live.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))[0] ?? null
}

/** One statement for all companies or for some: rows of company_standing. */
function standings(modelId: string | null, now: Date, ids: string[] | null): RawBuilder<unknown> {
  const back = (days: number) => new Date(now.getTime() - days * dayMs).toISOString()
  const which =
    ids === null ? sql`c.company_id is not null` : sql`c.company_id = any(${plainArray(ids)}::bigint[])`
  return sql`
    with people as materialized (select c.id, c.company_id from audience.contact c where ${which}),
    heads as (select company_id, count(*)::int as people from people group by company_id),
    acts as (
      select p.company_id, count(distinct e.contact_id) filter (where e.at >= ${back(engagedDays)}::timestamptz)::int as engaged,
        max(e.at) as last
      from activity.event e join people p on p.id = e.contact_id
      where e.at >= ${back(lookBackDays)}::timestamptz and e.at <= ${now.toISOString()}::timestamptz
        and e.type = any(${deeds}::text[])
        and e.data -> 'bot' is distinct from 'true'::jsonb and coalesce(e.data ->> 'verdict', 'human') = 'human'
      group by p.company_id),
    scores as (
      select p.company_id, sum(s.fit + s.behaviour * case when s.half_life_ms is null then 1 else power(0.5,
        greatest(0, extract(epoch from ${now.toISOString()}::timestamptz - s.as_of)::float8 * 1000) / s.half_life_ms) end) as total
      from decisions.score s join people p on p.id = s.contact_id
      where s.model_id = ${modelId}::bigint group by p.company_id)
    select h.company_id, h.people, coalesce(a.engaged, 0) as engaged, coalesce(s.total, 0)::float8 as score_sum,
      (coalesce(s.total, 0) / h.people)::float8 as score_average, a.last as last_activity
    from heads h left join acts a using (company_id) left join scores s using (company_id)`
}

/** How one company stands at this moment. Nobody works there: all is 0. */
export async function standingOf(
  { db, clock }: Services,
  companyId: string,
): Promise<Standing & { model: string | null }> {
  const model = await modelOf(db)
  const row = await maybeOne<Standing>(
    db,
    sql`
    select company_id as "companyId", people, engaged, score_sum as "scoreSum", score_average as "scoreAverage",
      last_activity as "lastActivity" from (${standings(model?.id ?? null, clock.now(), [companyId])}) s`,
  )
  const nobody = { companyId, people: 0, engaged: 0, scoreSum: 0, scoreAverage: 0, lastActivity: null }
  return { ...(row ?? nobody), model: model?.name ?? null }
}

/** Counts how all companies stand; one pass over the contacts and over a year of what they did. */
export const countCompanies = defineJob({
  name: 'count-companies',
  schedule: '20 3 * * *',
  input: noInput,
  title: () => 'Counting how companies stand',
  async run(job, { db, clock }) {
    const now = clock.now()
    const model = await modelOf(db)
    await inTransaction(db, async trx => {
      await run(trx, sql`delete from stewardship.company_standing`)
      const counted = await run(
        trx,
        sql`
        insert into stewardship.company_standing (company_id, people, engaged, score_sum, score_average, last_activity, counted_at)
        select s.company_id, s.people, s.engaged, s.score_sum, s.score_average, s.last_activity, ${now.toISOString()}::timestamptz
        from (${standings(model?.id ?? null, now, null)}) s`,
      )
      await run(
        trx,
        sql`
        insert into stewardship.quality (name, value, counted_at)
        values ('companies', ${JSON.stringify({ count: counted, model: model?.name ?? null })}::jsonb, ${now})
        on conflict (name) do update set value = excluded.value, counted_at = excluded.counted_at`,
      )
      await job.save({ done: counted, total: counted, db: trx })
    })
  },
})

export const companySorts = ['name', 'people', 'engaged', 'score', 'activity'] as const
export type CompanySort = (typeof companySorts)[number]

const keys: Record<
  CompanySort,
  { key: RawBuilder<unknown>; cast: RawBuilder<unknown>; descending: boolean }
> = {
  name: { key: sql`lower(company.name)`, cast: sql`text`, descending: false },
  people: { key: sql`coalesce(s.people, 0)`, cast: sql`int`, descending: true },
  engaged: { key: sql`coalesce(s.engaged, 0)`, cast: sql`int`, descending: true },
  score: { key: sql`coalesce(s.score_sum, 0)`, cast: sql`float8`, descending: true },
  activity: { key: sql`coalesce(s.last_activity, '-infinity')`, cast: sql`timestamptz`, descending: true },
}

export type ListedCompany = {
  id: string
  externalId: string | null
  domain: string | null
  name: string
  attrs: Record<string, unknown>
  people: number
  engaged: number
  scoreSum: number
  scoreAverage: number
  lastActivity: Date | null
  createdAt: Date
  updatedAt: Date
  version: number
  sortKey: string
}

export type CompanyAsk = {
  search?: string | undefined
  sort: CompanySort
  minPeople?: number | undefined
  engagedOnly?: boolean | undefined
  /** Companies with somebody who matches: a boolean over the alias `contact`. */
  somebody?: RawBuilder<boolean> | undefined
  cursor: { key: string; id: string } | null
  limit: number
}

const prefix = (text: string) => `${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`

/** One page of companies with how they stood at the last count. `search` is the beginning of a name or a domain. */
export function pageCompanies(db: Db, ask: CompanyAsk): Promise<ListedCompany[]> {
  const { key, cast, descending } = keys[ask.sort]
  const way = descending ? sql`desc` : sql`asc`
  const after = ask.cursor
    ? sql`and (${key}, company.id) ${descending ? sql`<` : sql`>`} (${ask.cursor.key}::${cast}, ${ask.cursor.id}::bigint)`
    : sql``
  const pattern = ask.search ? prefix(ask.search) : null
  return many(
    db,
    sql`
    select company.id, company.external_id as "externalId", company.domain, company.name, company.attrs,
      coalesce(s.people, (select count(*)::int from audience.contact c where c.company_id = company.id)) as people,
      coalesce(s.engaged, 0) as engaged, coalesce(s.score_sum, 0) as "scoreSum", coalesce(s.score_average, 0) as "scoreAverage",
      s.last_activity as "lastActivity", company.created_at as "createdAt", company.updated_at as "updatedAt",
      company.version, (${key})::text as "sortKey"
    from audience.company company left join stewardship.company_standing s on s.company_id = company.id
    where ${pattern ? sql`(lower(company.name) like ${pattern} or company.domain like ${pattern})` : sql`true`}
      and ${ask.minPeople ? sql`s.people >= ${ask.minPeople}` : sql`true`}
      and ${ask.engagedOnly ? sql`s.engaged > 0` : sql`true`}
      and ${ask.somebody ? sql`company.id in (select contact.company_id from audience.contact contact where ${ask.somebody})` : sql`true`} ${after}
    order by ${key} ${way}, company.id ${way} limit ${ask.limit + 1}`,
  )
}
