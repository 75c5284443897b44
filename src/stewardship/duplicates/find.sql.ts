import { type Db, many, type RawBuilder, run, sql } from '#platform/db/db.ts'

export const reasons = ['address', 'name_company', 'phone', 'typo'] as const
export type Reason = (typeof reasons)[number]

/** A switchboard's number or a common name: so many are no duplicates of each other. */
const mostAlike = 20

/** Providers that ignore what follows a plus; everywhere else that is only likely. As in audience/address.ts. */
const plusDomains = [
  'gmail.com',
  'outlook.com',
  'hotmail.com',
  'live.com',
  'icloud.com',
  'me.com',
  'fastmail.com',
  'proton.me',
  'protonmail.com',
]

/** Slips of the keyboard that reach nobody, or strangers. */
const typos: Record<string, string> = {
  'gmial.com': 'gmail.com',
  'gmal.com': 'gmail.com',
  'gmai.com': 'gmail.com',
  'gnail.com': 'gmail.com',
  'gamil.com': 'gmail.com',
  'gmail.co': 'gmail.com',
  'gmail.con': 'gmail.com',
  'hotmial.com': 'hotmail.com',
  'hotmal.com': 'hotmail.com',
  'hotmail.co': 'hotmail.com',
  'hotmail.con': 'hotmail.com',
  'outlok.com': 'outlook.com',
  'outloook.com': 'outlook.com',
  'yaho.com': 'yahoo.com',
  'yahooo.com': 'yahoo.com',
  'yahoo.con': 'yahoo.com',
  'iclod.com': 'icloud.com',
  'icloud.con': 'icloud.com',
}

const local = sql`split_part(c.email, '@', 1)`
const domain = sql`case split_part(c.email, '@', 2) when 'googlemail.com' then 'gmail.com' else split_part(c.email, '@', 2) end`
const fullName = sql`nullif(lower(trim(concat_ws(' ', c.first_name, c.last_name))), '')`

type Rule = {
  reason: Reason
  score: RawBuilder<number>
  key: RawBuilder<string | null>
  where: RawBuilder<boolean>
}

/** What two records of one person have in common; each rule is one pass over all contacts. */
export const rules: Rule[] = [
  {
    reason: 'address',
    score: sql<number>`case when domain = any(${plusDomains}::text[]) then 95 else 75 end`,
    key: sql`case when (${domain}) = 'gmail.com' then replace(split_part(${local}, '+', 1), '.', '') else split_part(${local}, '+', 1) end || '@' || (${domain})`,
    where: sql<boolean>`c.email is not null and split_part(${local}, '+', 1) <> ''`,
  },
  {
    reason: 'name_company',
    score: sql<number>`85`,
    key: sql`${fullName} || '|' || c.company_id`,
    where: sql<boolean>`c.company_id is not null and c.first_name is not null and c.last_name is not null`,
  },
  {
    reason: 'phone',
    // Of two names it is rather the number of an office.
    score: sql<number>`case when name <> first_named then 55 else 80 end`,
    key: sql`regexp_replace(regexp_replace(c.phone, '[^0-9]', '', 'g'), '^00', '')`,
    where: sql<boolean>`c.phone is not null and length(regexp_replace(c.phone, '[^0-9]', '', 'g')) between 7 and 20`,
  },
  {
    reason: 'typo',
    score: sql<number>`50`,
    key: sql`${local} || '@' || coalesce(${sql`(${JSON.stringify(typos)}::jsonb ->> split_part(c.email, '@', 2))`}, ${domain}, '')`,
    where: sql<boolean>`c.email is not null`,
  },
]

/**
 * Finds the pairs of one rule and writes them down: everybody with the oldest record that has the same key. What
 * somebody said is no duplicate stays so. Returns how many pairs the rule has.
 */
export function findPairs(db: Db, rule: Rule, foundAt: Date): Promise<number> {
  return run(
    db,
    sql`
    insert into stewardship.duplicate as known (contact_id, other_contact_id, reasons, score, state, found_at)
    select oldest, id, array[${rule.reason}::text], ${rule.score}, 'open', ${foundAt}::timestamptz
    from (
      select id, domain, name, first_value(name) over (partition by key order by id) as first_named, first_value(id) over (partition by key order by id) as oldest,
        count(*) over (partition by key) as alike
      from (select c.id, ${rule.key} as key, split_part(c.email, '@', 2) as domain, ${fullName} as name from audience.contact c
        where ${rule.where}) keyed where key is not null and key <> '') grouped
    where alike between 2 and ${mostAlike} and id <> oldest
    on conflict (contact_id, other_contact_id) do update set
      reasons = case when known.found_at < excluded.found_at then excluded.reasons
        else array(select distinct r from unnest(known.reasons || excluded.reasons) r order by r) end,
      score = case when known.found_at < excluded.found_at then excluded.score
        else least(99, greatest(known.score, excluded.score)
          + case when known.reasons @> excluded.reasons then 0 else 4 end) end,
      found_at = excluded.found_at`,
  )
}

/** Pairs that this search did not find again are none any more; what was decided about the others is kept. */
export async function dropStale(db: Db, foundAt: Date): Promise<void> {
  await run(
    db,
    sql`delete from stewardship.duplicate d where d.found_at < ${foundAt}::timestamptz and d.state = 'open'`,
  )
}

export type Pair = { contactId: string; otherId: string; reasons: Reason[]; score: number; foundAt: Date }
export type PairCursor = { score: number; contactId: string; otherId: string }

/** One page of open pairs, the surest first. */
export function selectPairs(
  db: Db,
  ask: { reason: Reason | null; state: 'open' | 'dismissed'; after: PairCursor | null; limit: number },
): Promise<Pair[]> {
  const { after } = ask
  return many(
    db,
    sql`
    select d.contact_id as "contactId", d.other_contact_id as "otherId", d.reasons, d.score, d.found_at as "foundAt"
    from stewardship.duplicate d
    where d.state = ${ask.state}::text and ${ask.reason ? sql`d.reasons @> array[${ask.reason}::text]` : sql`true`}
      ${after ? sql`and (d.score, -d.contact_id, -d.other_contact_id) < (${after.score}::int, -(${after.contactId}::bigint), -(${after.otherId}::bigint))` : sql``}
    order by d.score desc, d.contact_id, d.other_contact_id limit ${ask.limit}`,
  )
}

export function countPairs(db: Db): Promise<{ reason: Reason; pairs: number }[]> {
  return many(
    db,
    sql`select r as reason, count(*)::int as pairs from stewardship.duplicate d, unnest(d.reasons) r
      where d.state = 'open' group by r order by r`,
  )
}
