import { type Db, run, sql } from '#platform/db/db.ts'

/** The stage at which somebody counts as won. */
export const wonStage = 'customer'

/**
 * Reads anew, from the ledger of these contacts, what the reports keep about each: what came back of messages, the
 * stays in stages, and the first touch. What stood there is replaced, so it may be repeated at will.
 */
export async function recountContacts(trx: Db, contactIds: string[]): Promise<void> {
  if (contactIds.length === 0) return
  for (const table of ['response', 'stage_stay', 'origin']) {
    await run(
      trx,
      sql`delete from ${sql.table(`insight.${table}`)} where contact_id = any(${contactIds}::bigint[])`,
    )
  }
  await writeResponses(trx, contactIds)
  await writeStays(trx, contactIds)
  await writeOrigins(trx, contactIds)
}

function writeResponses(trx: Db, contactIds: string[]): Promise<number> {
  return run(
    trx,
    sql`
    insert into insight.response (contact_id, message_id, kind, at)
    select contact_id, message_id, kind, min(at) from (
      select event.contact_id, (event.data->>'messageId')::bigint as message_id, event.at,
        case event.type when 'email.complained' then 'complained' when 'email.unsubscribed' then 'unsubscribed'
          else case when coalesce(event.data->>'class', event.data->>'bounce', 'hard') = 'hard'
            then 'bounced_hard' else 'bounced_soft' end end as kind
      from activity.event event
      where event.contact_id = any(${contactIds}::bigint[])
        and event.type in ('email.bounced', 'email.complained', 'email.unsubscribed')
        and event.data->>'messageId' ~ '^[0-9]{1,18}$') said
    group by contact_id, message_id, kind`,
  )
}

/** The first stage is the one that the first change led away from; who never changed has always been where he is. */
function writeStays(trx: Db, contactIds: string[]): Promise<number> {
  return run(
    trx,
    sql`
    with change as (
      select event.contact_id, event.at, event.id, event.data->'changes'->'stage'->>'from' as from_stage,
        event.data->'changes'->'stage'->>'to' as to_stage
      from activity.event event
      where event.contact_id = any(${contactIds}::bigint[]) and event.type = 'contact.updated'
        and event.data->'changes' ? 'stage'),
    stay as (
      select contact.id as contact_id, contact.created_at as entered_at, 0::bigint as id,
        coalesce((select from_stage from change where change.contact_id = contact.id order by at, id limit 1), contact.stage) as stage
      from audience.contact contact where contact.id = any(${contactIds}::bigint[])
      union all
      select change.contact_id, change.at, change.id, coalesce(change.to_stage, '')
      from change join audience.contact contact on contact.id = change.contact_id)
    insert into insight.stage_stay (contact_id, entered_at, id, stage, left_at, next_stage)
    select contact_id, entered_at, id, stage, lead(entered_at) over w, lead(stage) over w
    from stay window w as (partition by contact_id order by entered_at, id)`,
  )
}

/** The host of an address without its www; nothing where it is our own. */
const hostOf = sql`nullif(lower(regexp_replace(substring(event.data->>'referrer' from '^https?://([^/:?#]{1,200})'), '^www\\.', '')),
  lower(regexp_replace(coalesce(event.data->>'host', ''), '^www\\.', '')))`

function writeOrigins(trx: Db, contactIds: string[]): Promise<number> {
  return run(
    trx,
    sql`
    with touch as (
      select distinct on (event.contact_id) event.contact_id,
        coalesce(event.data->'utm'->>'source', '') as source, coalesce(event.data->'utm'->>'medium', '') as medium,
        coalesce(event.data->'utm'->>'campaign', '') as campaign, coalesce(${hostOf}, '') as referrer
      from activity.event event
      where event.contact_id = any(${contactIds}::bigint[]) and event.type = 'page.viewed'
        and coalesce(event.data->>'bot', '') <> 'true'
      order by event.contact_id, event.at, event.id),
    birth as (
      select distinct on (event.contact_id) event.contact_id, coalesce(event.data->>'source', '') as via
      from activity.event event
      where event.contact_id = any(${contactIds}::bigint[]) and event.type = 'contact.created'
      order by event.contact_id, event.at, event.id)
    insert into insight.origin (contact_id, became_at, source, medium, campaign, referrer, via, converted_at)
    select contact.id, contact.created_at, left(coalesce(touch.source, ''), 200), left(coalesce(touch.medium, ''), 200),
      left(coalesce(touch.campaign, ''), 200), coalesce(touch.referrer, ''), left(coalesce(birth.via, ''), 200),
      (select min(stay.entered_at) from insight.stage_stay stay
        where stay.contact_id = contact.id and stay.stage = ${wonStage})
    from audience.contact contact
    left join touch on touch.contact_id = contact.id left join birth on birth.contact_id = contact.id
    where contact.id = any(${contactIds}::bigint[])`,
  )
}
