// A worker to be killed: it takes a file in, and says after every batch how far it is.

import { readConfig } from '#platform/config.ts'
import { modules } from '../../src/app.ts'
import { openRuntime } from '../../src/runtime.ts'

const [url = '', secretKey = ''] = process.argv.slice(2)
const runtime = await openRuntime(
  readConfig({ DATABASE_URL: url, TEND_SECRET_KEY: secretKey, TEND_LOG_LEVEL: 'silent' }),
)
await runtime.services.jobs.work(
  modules.flatMap(module => module.jobs ?? []),
  runtime.services,
)
process.stdout.write('at work\n')
