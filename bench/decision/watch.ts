import pg from 'pg'
import { run, sql } from '#platform/db/db.ts'
import type { Place } from '../engine/place.ts'

/** Tells of every message when it is committed, on a connection of its own: contact and this machine's time. */
export async function watchMessages({
  services: { db },
  url,
}: Place): Promise<{ seen: Map<string, number>; close(): Promise<void> }> {
  await run(
    db,
    sql`create function bench_tell() returns trigger language plpgsql as
    $$ begin perform pg_notify('bench_message', new.contact_id::text); return null; end $$`,
  )
  await run(
    db,
    sql`create trigger bench_tell after insert on outreach.message for each row execute function bench_tell()`,
  )
  const client = new pg.Client({ connectionString: url })
  const seen = new Map<string, number>()
  await client.connect()
  client.on('notification', ({ payload = '' }) => seen.set(payload, Date.now()))
  await client.query('listen bench_message')
  return { seen, close: () => client.end() }
}
