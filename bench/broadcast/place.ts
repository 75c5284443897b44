import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createUser, systemActor } from '#access/users.ts'
import { databaseFolder, readConfig } from '#platform/config.ts'
import { run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { createEmail, liveVersions, publishEmail } from '../../src/outreach/emails.ts'
import { saveSettings } from '../../src/outreach/settings.ts'
import { openRuntime } from '../../src/runtime.ts'
import { source } from './mail.ts'

export type Place = {
  services: Services
  url: string
  postmaster: number
  versionId: string
  stop(): Promise<void>
}

/** A live installation with so many contacts that agreed, and the published newsletter. */
export async function openPlace(smtpPort: number, count: number): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), 'tend-bench-broadcast-'))
  chmodSync(home, 0o755)
  const config = readConfig({
    TEND_DATA_DIR: join(home, 'data'),
    TEND_LOG_LEVEL: 'error',
    TEND_MODE: 'live',
    TEND_SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
  })
  const runtime = await openRuntime(config)
  const { services } = runtime
  const now = services.clock.now()
  await addContacts(services, count)
  // Asked about every message, and never in the way: the rounds write to the same people.
  const change = { caps: [{ count: 50, hours: 20 }], quietHours: null }
  await saveSettings(services.db, systemActor, change, { mode: 'live', now })
  return {
    services,
    url: services.databaseUrl,
    postmaster: Number(readFileSync(join(databaseFolder(config), 'postmaster.pid'), 'utf8').split('\n')[0]),
    versionId: await publish(services, now),
    async stop() {
      await runtime.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function addContacts({ db }: Services, count: number): Promise<void> {
  await run(
    db,
    sql`
    insert into audience.contact (id, email, first_name, created_at, updated_at)
    select n, 'r' || n || '@bench.example', 'Ann', '2026-01-01', '2026-01-01' from generate_series(1, ${count}::int) n`,
  )
  await run(
    db,
    sql`
    insert into audience.consent_current (contact_id, purpose, topic_id, state, since)
    select n, 'marketing', 0, 'granted', '2026-01-01' from generate_series(1, ${count}::int) n`,
  )
}

async function publish({ db }: Services, now: Date): Promise<string> {
  const person = { name: 'Olga', email: 'olga@bench.example', role: 'owner' as const }
  const owner = await createUser(db, systemActor, person)
  const draft = { name: 'Newsletter', subject: 'News for you', kind: 'html' as const, source }
  const email = await createEmail(db, systemActor, draft, now)
  const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
  await publishEmail(db, systemActor, email.id, { version: email.version, ownerId: owner.id, reviewOn }, now)
  return (await liveVersions(db, [email.id])).get(email.id) ?? ''
}
