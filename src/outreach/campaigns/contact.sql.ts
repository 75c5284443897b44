import { type Db, many, run, sql } from '#platform/db/db.ts'

/** Gives the places of `from` in campaigns to `to`; where both were chosen, `to` keeps his own. */
export async function repointCampaigns(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (delete from outreach.campaign_recipient where contact_id = ${from}::bigint
      returning campaign_id, wave, variant, due_at, generation, message_id)
    insert into outreach.campaign_recipient (contact_id, campaign_id, wave, variant, due_at, generation, message_id)
    select ${to}::bigint, campaign_id, wave, variant, due_at, generation, message_id from gone on conflict do nothing`,
  )
}

export async function forgetCampaigns(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from outreach.campaign_recipient where contact_id = any(${contactIds}::bigint[])`)
}

export async function exportCampaigns(db: Db, contactId: string): Promise<{ campaigns: unknown[] }> {
  const campaigns = await many(
    db,
    sql`
    select c.name, r.due_at as "dueAt", r.message_id as "messageId" from outreach.campaign_recipient r
    join outreach.campaign c on c.id = r.campaign_id
    where r.contact_id = ${contactId}::bigint order by r.campaign_id`,
  )
  return { campaigns }
}
