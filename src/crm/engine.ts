import { type Db, many, maybeOne, one, sql } from '#platform/db/db.ts'

/** Changes that are due to go to a CRM and have not been tried yet. */
export async function changesPending(db: Db, now: Date): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`
    select count(*)::int as n from crm.outbox o join crm.connection c on c.id = o.connection_id
    where c.status = 'live' and c.load_state in ('loading', 'done') and o.state = 'waiting' and o.attempts = 0
      and o.not_before <= ${now}::timestamptz`,
  )
  return n
}

/** When a change that failed is tried again. */
export async function nextChange(db: Db, now: Date): Promise<Date | null> {
  const row = await maybeOne<{ at: Date | null }>(
    db,
    sql`
    select min(o.not_before) as at from crm.outbox o join crm.connection c on c.id = o.connection_id
    where c.status = 'live' and o.state = 'waiting' and o.not_before > ${now}::timestamptz`,
  )
  return row?.at ?? null
}

/** What would be written to CRMs when a restored installation is armed. */
export async function changesWaiting(db: Db): Promise<{ words: string; count: number }[]> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from crm.outbox where state = 'waiting'`,
  )
  return [{ words: 'changes for CRMs', count: n }]
}

/** How the connections are, for the health of the installation. */
export async function crmHealth(db: Db): Promise<{ ok: boolean; words: string }[]> {
  const rows = await many<{ name: string; words: string | null; issues: number }>(
    db,
    sql`
    select c.name, case when c.status = 'paused' then c.pause_words end as words,
      (select count(*)::int from crm.issue i where i.connection_id = c.id and i.state = 'open') as issues
    from crm.connection c where c.status in ('live', 'paused') order by c.name`,
  )
  return rows.map(({ name, words, issues }) =>
    words?.startsWith('The CRM refuses')
      ? { ok: false, words: `The CRM ${name} is paused. ${words}` }
      : {
          ok: true,
          words:
            issues === 0
              ? `The CRM ${name} is in step.`
              : `The CRM ${name} has ${issues} open ${issues === 1 ? 'issue' : 'issues'}.`,
        },
  )
}
