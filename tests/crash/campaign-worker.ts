// A worker that looks after campaigns, to be killed: it freezes and queues until something ends it.

import { openDatabase } from '#platform/db/pool.ts'
import { campaignLoop } from '../../src/outreach/campaigns.loop.ts'
import { outreachServices } from '../../src/outreach/outreach.fixture.ts'
import type { TestDatabase } from '../harness/database.ts'

const [, , url = '', key = ''] = process.argv
const { db, pool } = openDatabase(url, { max: 4 })
const base: TestDatabase = { db, pool, url, stop: async () => undefined }
const services = outreachServices(base, { TEND_SECRET_KEY: key })
await campaignLoop.run(services, new AbortController().signal, { id: 'victim', held: () => new Map() })
