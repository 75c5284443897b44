import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Answer } from './logic.ts'
import type { Showing } from './token.ts'

/** What somebody entered in a form that he has not sent. It is nobody's until it is sent. */
export type Partial = {
  id: string
  version: number
  at: Date
  step: string
  answers: Record<string, Answer>
}

/**
 * Keeps what a showing holds so far, unless it was sent. No form keeps more in an hour than it may take: whoever
 * begins without end fills nothing.
 */
export async function keepPartial(
  db: Db,
  showing: Showing,
  given: { answers: Record<string, Answer>; step: string; now: Date; mostPerHour: number },
): Promise<void> {
  const { answers, step, now, mostPerHour } = given
  await run(
    db,
    sql`
    insert into capture.form_partial as part (id, form_id, version, answers, step, at)
    select ${showing.id}::bigint, ${showing.formId}::bigint, ${showing.version}, ${JSON.stringify(answers)}::jsonb, ${step},
      ${now}
    where not exists (select from capture.form_token where id = ${showing.id}::bigint)
      and (select count(*) from (select from capture.form_partial p where p.form_id = ${showing.formId}::bigint
        and p.id <> ${showing.id}::bigint and p.at > ${now}::timestamptz - interval '1 hour' limit ${mostPerHour}) recent) < ${mostPerHour}
    on conflict (id) do update set answers = excluded.answers, step = excluded.step, at = excluded.at`,
  )
}

/** The newest first. */
export function selectPartials(
  db: Db,
  formId: string,
  wanted: { before: string | null; limit: number },
): Promise<Partial[]> {
  return many(
    db,
    sql`select id, version, at, step, answers from capture.form_partial
      where form_id = ${formId}::bigint and ${wanted.before === null ? sql`true` : sql`id < ${wanted.before}::bigint`}
      order by id desc limit ${wanted.limit}`,
  )
}

export async function deletePartial(db: Db, formId: string, id: string): Promise<boolean> {
  return (
    (await run(
      db,
      sql`delete from capture.form_partial where form_id = ${formId}::bigint and id = ${id}::bigint`,
    )) > 0
  )
}
