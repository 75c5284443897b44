import { one, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'

export const setUpKeys = [
  'password',
  'sender',
  'source',
  'events',
  'contacts',
  'segment',
  'email',
  'workflow',
  'team',
  'backup',
  'smtp',
] as const
export type SetUpStep = { key: (typeof setUpKeys)[number]; done: boolean }

/** What a new installation needs, in the order in which it is best done; each is looked up, nothing is ticked by hand. */
export async function setUp({ db, config }: Pick<Services, 'db' | 'config'>): Promise<SetUpStep[]> {
  const row = await one<Record<string, boolean>>(
    db,
    sql`
    select exists (select from access.account where password is not null) as password,
      exists (select from outreach.setting where name = 'settings' and value->>'postalAddress' <> '') as sender,
      exists (select from capture.source) as source,
      exists (select from activity.event where type in ('page.viewed', 'event.tracked')) as events,
      exists (select from audience.contact) as contacts,
      exists (select from decisions.segment where live_version is not null) as segment,
      exists (select from outreach.email where live_version is not null) as email,
      exists (select from workflows.workflow where live_version is not null) as workflow,
      (select count(*) > 1 from access."user" where active) as team,
      exists (select from platform.setting where name = 'last_backup') as backup`,
  )
  const smtp = config.mode === 'live'
  return setUpKeys.map(key => ({ key, done: key === 'smtp' ? smtp : row[key] === true }))
}
