import { randomBytes } from 'node:crypto'
import { systemActor } from '#access/users.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import type { TestDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { forgetProfile } from './forget.ts'
import type { ImportOptions } from './imports/shape.ts'
import {
  addPiece,
  changeImport,
  checkImport,
  createImport,
  getImport,
  type Import,
  readFile,
  runImport,
  undoImport,
} from './imports.ts'
import { audienceModule } from './module.ts'

/** What the rooms below and this one hold of contacts; the others hold nothing in these tests. */
async function forget(trx: Db, ids: string[]): Promise<void> {
  await run(trx, sql`delete from activity.event where contact_id = any(${ids}::bigint[])`)
  await forgetProfile(trx, ids)
}

/** Imports as the product does them: the real queue works through what the door starts. */
export async function openImports(base: TestDatabase) {
  const config = readConfig({ TEND_LOG_LEVEL: 'silent', TEND_SECRET_KEY: randomBytes(32).toString('base64') })
  const jobs = await openJobs(base.url, () => undefined)
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog('silent'),
    secrets: createSecrets(config),
    jobs,
    forget,
  }
  const services = parts as unknown as Services
  await jobs.work(audienceModule.jobs ?? [], services)
  const now = () => services.clock.now()

  /** Hands a file in, in pieces of `piece` bytes, and looks at it. */
  async function upload(content: string | Buffer, piece = 640 * 1024): Promise<Import> {
    const bytes = Buffer.from(content)
    const { id } = await createImport(
      base.db,
      systemActor,
      { name: 'people.csv', bytes: bytes.length },
      now(),
    )
    for (let position = 0; position * piece < bytes.length; position++) {
      const part = bytes.subarray(position * piece, (position + 1) * piece)
      await addPiece(base.db, id, { position, bytes: part }, now())
    }
    return readFile(base.db, id, now())
  }

  async function settled(id: string, which: 'check' | 'run' | 'undo'): Promise<Import> {
    return until(
      async () => {
        const found = await getImport(base.db, id)
        const state = found[which]?.state
        return state === 'queued' || state === 'running' ? null : found
      },
      { timeoutMs: 30_000, words: `the ${which} to end` },
    )
  }

  const check = async (id: string) => settled((await checkImport(services, id)).id, 'check')
  const start = async (id: string) => settled((await runImport(services, systemActor, id)).id, 'run')
  const undo = async (id: string) => settled((await undoImport(services, systemActor, id)).id, 'undo')

  /** The whole way, with guesses for the mapping. */
  async function bring(content: string | Buffer, options: Partial<ImportOptions> = {}): Promise<Import> {
    const { id } = await upload(content)
    const all = { existing: 'overwrite' as const, listIds: [], consent: null, wakes: false, ...options }
    await changeImport(base.db, id, { options: all }, now())
    return start(id)
  }

  return { services, upload, check, start, undo, bring, stop: () => jobs.close() }
}
