// From the answer to a form that was sent to the message that its workflow queues: street and worker in this process,
// as under `npm start`, beside the contacts of a large base; the people who fill it in are another process.
import { createUser, systemActor } from '#access/users.ts'
import { makePartitions } from '#activity/partitions.ts'
import { contactsByAddress } from '#audience/by-address.ts'
import { createForm, publishForm } from '#capture/forms.ts'
import { createEmail, publishEmail } from '#outreach/emails.ts'
import { run, sql } from '#platform/db/db.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow } from '#workflows/workflows.ts'
import { whitePaper } from '../src/capture/forms.fixture.ts'
import { underLoad } from './decision/under-load.ts'
import { openPlace } from './engine/place.ts'
import type { FormOrder, FormReport } from './forms/load.ts'
import { percentile, print } from './measure.ts'
import { fillCrowd } from './segments/crowd.ts'

const contacts = Number(process.env.BENCH_CONTACTS ?? 200_000)
const seconds = Number(process.env.BENCH_SECONDS ?? 20)
const perSecond = Number(process.env.BENCH_PER_SECOND ?? 25)
const limitMs = 500
const place = await openPlace()
const { services } = place
const { db, jobs } = services
const now = services.clock.now()
const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)

async function prepare(): Promise<{ key: string }> {
  const owner = { name: 'Owner', email: 'owner@house.example', role: 'owner' as const }
  const steward = { ownerId: (await createUser(db, systemActor, owner)).id, reviewOn }
  await makePartitions(db, now)
  await fillCrowd(db, contacts, now)
  await run(
    db,
    sql`insert into audience.identity (kind, value, contact_id, created_at)
    select 'email', 'known-' || (id / 4096) || '@bench.example', id, ${now} from audience.contact`,
  )
  const document = whitePaper(form => {
    form.abuse = { ...form.abuse, perIpPerHour: 10_000, perAddressPerHour: 100, perFormPerHour: 1_000_000 }
  })
  const form = await createForm(db, systemActor, { name: 'Paper', document }, now)
  const live = await publishForm(services, systemActor, form.id, { version: form.version, ...steward }, now)
  const letter = { subject: 'Hello', kind: 'html' as const, source: '<p>Hello {{ contact.first_name }}</p>' }
  const email = await createEmail(db, systemActor, { name: 'Hello', ...letter }, now)
  await publishEmail(db, systemActor, email.id, { version: email.version, ...steward }, now)
  const definition = {
    trigger: { event: 'form.submitted', name: 'Paper' },
    reentry: 'once',
    start: 'mail',
    nodes: { mail: { type: 'send-email', settings: { emailId: email.id }, exits: { next: null } } },
  }
  const { id, version } = await createWorkflow(db, systemActor, { name: 'Paper', definition }, now)
  await publishWorkflow(db, jobs, systemActor, { id, version, ...steward, inside: 'stay', now })
  await run(db, sql`analyze`)
  return { key: live.key }
}

let ok = false
try {
  const { key } = await prepare()
  const { report, messages, seen } = await underLoad<FormReport>(
    place,
    'bench/forms/load.ts',
    url => ({ url, key, seconds, perSecond }) satisfies FormOrder,
  )
  const ids = await contactsByAddress(
    db,
    report.sent.map(each => each.address),
  )
  const latencies = report.sent.slice(report.sent.length / 10).flatMap(({ address, answeredAt }) => {
    const queuedAt = seen.get(ids.get(address) ?? '')
    return queuedAt === undefined ? [] : [Math.max(0, queuedAt - answeredAt)]
  })
  const p99 = percentile(latencies, 0.99)
  print([
    {
      what: `form sent to message queued, ${contacts} contacts`,
      'sent/s': (report.sent.length / report.seconds).toFixed(1),
      messages,
      'answer p99 ms': percentile(report.answerMs, 0.99).toFixed(0),
      'p50 ms': percentile(latencies, 0.5).toFixed(0),
      'p99 ms': p99.toFixed(0),
      target: `p99 <= ${limitMs} ms`,
    },
  ])
  if (messages !== report.sent.length)
    throw new Error(`${report.sent.length} messages were due, ${messages} are there`)
  ok = p99 <= limitMs && latencies.length > report.sent.length / 2
} finally {
  await place.stop()
}
process.exitCode = ok ? 0 : 1
