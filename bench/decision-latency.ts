// From the answer of the intake to the message in the ledger: 500 events a second, every fifth of which starts one of
// twenty workflows that queue an email, beside a hundred segments and twenty scoring rules. The street and a worker
// with all reactors share this process, as under `npm start`; the sender's process is the generator.
import { createUser, systemActor } from '#access/users.ts'
import { makePartitions } from '#activity/partitions.ts'
import { createSource } from '#capture/sources.ts'
import { type Filter, filterSchema } from '#decisions/filter.ts'
import { createScoreModel, publishScoreModel } from '#decisions/score-models.ts'
import { createSegment, publishSegment } from '#decisions/segments.ts'
import { createEmail, publishEmail } from '#outreach/emails.ts'
import { run, sql } from '#platform/db/db.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow } from '#workflows/workflows.ts'
import { buildSegment } from '../src/decisions/segments.jobs.ts'
import type { LatencyOrder, LatencyReport } from './decision/load.ts'
import { underLoad } from './decision/under-load.ts'
import { openPlace } from './engine/place.ts'
import { percentile, print } from './measure.ts'
import { fillCrowd } from './segments/crowd.ts'

// The figure asks for a million; filling them takes longer than anybody waits for a bench.
const contacts = Number(process.env.BENCH_CONTACTS ?? 200_000)
const seconds = Number(process.env.BENCH_SECONDS ?? 20)
const limitMs = 500
const place = await openPlace()
const { services } = place
const { db, jobs } = services
const now = services.clock.now()
const steward = {
  ownerId: '',
  reviewOn: new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10),
}

function filterNo(i: number): Filter {
  const seats = { type: 'field', field: 'attrs.seats', op: 'at_least', value: i }
  const event = {
    type: 'event',
    event: 'event.tracked',
    name: `Signal ${i % 20}`,
    op: 'at_least',
    times: 1 + (i % 3),
  }
  const kinds = [
    { all: [{ type: 'field', field: 'country', op: 'is', value: 'DE' }, seats] },
    { any: [{ type: 'field', field: 'attrs.city', op: 'is', value: `City ${i}` }, seats] },
    { all: [{ type: 'field', field: 'stage', op: 'is', value: 'lead' }, seats] },
    { all: [{ ...event, withinDays: 30 }, seats] },
  ]
  return filterSchema.parse(kinds[i % 4])
}

async function publishSegments(): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const name = `Segment ${i}`
    const { id, version } = await createSegment(db, systemActor, { name, filter: filterNo(i) }, now)
    await publishSegment(db, systemActor, id, { version, ...steward }, now)
    const task = { id: '0', input: { segmentId: id, name }, cursor: null, save: async () => undefined }
    await buildSegment.run(task as Parameters<typeof buildSegment.run>[0], services)
  }
}

/** Twenty rules in one model. Known contacts have been counted: first counts are another bench's matter. */
async function publishScores(): Promise<void> {
  const rules = Array.from({ length: 20 }, (_, i) => ({
    id: `rule${i}`,
    kind: 'behaviour' as const,
    event: 'event.tracked',
    name: `Signal ${i}`,
    points: 1 + i,
  }))
  const draft = { rules, halfLifeDays: 30, thresholds: [{ name: 'Ready', value: 50 }] }
  const model = await createScoreModel(db, systemActor, { name: 'Interest', draft }, now)
  await publishScoreModel(db, systemActor, model.id, { version: model.version, ...steward }, now)
  await run(
    db,
    sql`
    insert into decisions.score (contact_id, model_id, behaviour, as_of, fit, half_life_ms, fit_rules, settled_at,
      model_version)
    select c.id, m.id, 0, ${now}, 0, 30 * 86400000.0, '{}', ${now}, m.live_version
    from audience.contact c cross join decisions.score_model m`,
  )
}

async function publishWorkflows(): Promise<void> {
  const letter = { subject: 'Hello', kind: 'html' as const, source: '<p>Hello {{ contact.first_name }}</p>' }
  const email = await createEmail(db, systemActor, { name: 'Hello', ...letter }, now)
  await publishEmail(db, systemActor, email.id, { version: email.version, ...steward }, now)
  for (let i = 0; i < 20; i++) {
    const definition = {
      trigger: { event: 'event.tracked', name: `Signal ${i}` },
      reentry: 'once',
      start: 'mail',
      nodes: { mail: { type: 'send-email', settings: { emailId: email.id }, exits: { next: null } } },
    }
    const { id, version } = await createWorkflow(db, systemActor, { name: `Workflow ${i}`, definition }, now)
    await publishWorkflow(db, jobs, systemActor, { id, version, ...steward, inside: 'stay', now })
  }
}

let ok = false
try {
  const owner = await createUser(db, systemActor, {
    name: 'Owner',
    email: 'owner@house.example',
    role: 'owner',
  })
  steward.ownerId = owner.id
  await makePartitions(db, now)
  await fillCrowd(db, contacts, now)
  await run(
    db,
    sql`insert into audience.identity (kind, value, contact_id, created_at)
    select 'user_id', 'user-' || (id / 4096), id, ${now} from audience.contact`,
  )
  await run(
    db,
    sql`insert into audience.field (key, label, type, created_at, source)
    values ('seats', 'seats', 'number', ${now}, 'bench'), ('city', 'city', 'text', ${now}, 'bench')`,
  )
  await publishSegments()
  await publishScores()
  await publishWorkflows()
  await run(db, sql`analyze`)
  const { writeKey } = await createSource(db, { name: 'Bench', type: 'server', now })
  const { report, messages, seen } = await underLoad<LatencyReport>(
    place,
    'bench/decision/load.ts',
    url => ({ url, writeKey, seconds, users: contacts }) satisfies LatencyOrder,
  )
  const latencies: number[] = []
  for (const { user, answeredAt } of report.triggers.slice(report.triggers.length / 10)) {
    const queuedAt = seen.get(String(4096 * user))
    if (queuedAt !== undefined) latencies.push(Math.max(0, queuedAt - answeredAt))
  }
  const p99 = percentile(latencies, 0.99)
  print([
    {
      what: `answered to message queued, ${contacts} contacts`,
      'events/s': Math.round(report.events / report.seconds),
      messages,
      'intake p99 ms': percentile(report.intakeMs, 0.99).toFixed(0),
      'p50 ms': percentile(latencies, 0.5).toFixed(0),
      'p99 ms': p99.toFixed(0),
      target: `p99 <= ${limitMs} ms`,
    },
  ])
  if (messages !== report.triggers.length)
    throw new Error(`${report.triggers.length} messages were due, ${messages} are there`)
  ok = p99 <= limitMs && report.events / report.seconds > 450
} finally {
  await place.stop()
}
process.exitCode = ok ? 0 : 1
