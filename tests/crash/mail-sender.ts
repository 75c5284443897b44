// A sender to be killed: it sends what is queued until something ends it.

import { openDatabase } from '#platform/db/pool.ts'
import { outreachServices, startDelivery } from '../../src/outreach/outreach.fixture.ts'
import type { TestDatabase } from '../harness/database.ts'

const [, , url = '', dataDir = '', smtpUrl = '', key = ''] = process.argv
const { db, pool } = openDatabase(url, { max: 6 })
const base: TestDatabase = { db, pool, url, stop: async () => undefined }
const services = outreachServices(base, {
  TEND_DATA_DIR: dataDir,
  TEND_SMTP_URL: smtpUrl,
  TEND_SECRET_KEY: key,
})
await startDelivery(services, 3000)
