// A million contacts stand in a wait that ends now; all pass it and rest in the next one.
import { createUser, systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { startWorker } from '#engine/worker.ts'
import { one, run, sql } from '#platform/db/db.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow } from '#workflows/workflows.ts'
import { modules } from '../src/app.ts'
import { openPlace, type Place } from './engine/place.ts'
import { cpuSeconds, memoryMegabytes, print } from './measure.ts'

const contacts = Number(process.env.BENCH_CONTACTS ?? 1_000_000)
const limitSeconds = 300
/** The last part of the run may need so much more memory than its first. */
const growth = 1.25
const dayMs = 86_400_000

const wait = (days: number, next: string | null) => ({
  type: 'wait',
  settings: { for: { amount: days, unit: 'days' } },
  exits: { next },
})

async function publish({ services }: Place): Promise<string> {
  const { db, jobs, clock } = services
  const now = clock.now()
  const owner = await createUser(db, systemActor, {
    name: 'Owner',
    email: 'owner@house.example',
    role: 'owner',
  })
  const definition = {
    trigger: { event: 'event.tracked', name: 'Begin' },
    reentry: 'once' as const,
    start: 'first',
    nodes: { first: wait(1, 'second'), second: wait(30, null) },
  }
  const { id, version } = await createWorkflow(db, systemActor, { name: 'A million', definition }, now)
  const reviewOn = new Date(now.getTime() + 90 * dayMs).toISOString().slice(0, 10)
  await publishWorkflow(db, jobs, systemActor, {
    id,
    version,
    ownerId: owner.id,
    reviewOn,
    inside: 'stay',
    now,
  })
  return id
}

/** Contacts who came in a day ago, and the timers that let them go on. */
async function fill({ services }: Place, workflowId: string): Promise<void> {
  const { db, clock } = services
  const came = new Date(clock.now().getTime() - dayMs)
  await run(
    db,
    sql`
    insert into audience.contact (id, email, attrs, created_at, updated_at)
    select n, 'c' || n || '@people.example', '{}', ${came}, ${came} from generate_series(1, ${contacts}::int) n`,
  )
  await run(
    db,
    sql`
    insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
      wake_at, listens, held, state, why, entered_at, rev)
    select n, n, ${workflowId}::bigint, 1, 'g0', 'active', 'first', ${came}, 0, ${clock.now()}, '{}', false,
      '{"sent":{},"heard":{},"because":[]}', '[]', ${came}, 0
    from generate_series(1, ${contacts}::int) n`,
  )
  await run(
    db,
    sql`
    insert into engine.timer (contact_id, kind, key, due_at, lane)
    select n, 'workflow', n, ${clock.now()}, (n & 63)::smallint from generate_series(1, ${contacts}::int) n`,
  )
  await run(db, sql`analyze`)
}

const place = await openPlace()
try {
  const workflowId = await publish(place)
  await fill(place, workflowId)
  const { services } = place
  const memory: number[] = []
  const sample = () => memory.push(memoryMegabytes(process.pid) - memoryMegabytes(place.postmaster))
  const sampling = setInterval(sample, 1000)
  const cpuBefore = [process.cpuUsage(), cpuSeconds(place.postmaster)] as const
  const began = performance.now()
  const reactors = modules.flatMap(module => module.reactors ?? [])
  const worker = await startWorker({ services, reactors, log: { load, append } })
  await worker.idle()
  const seconds = (performance.now() - began) / 1000
  await worker.stop()
  clearInterval(sampling)
  sample()
  const { passed } = await one<{ passed: number }>(
    services.db,
    sql`
    select count(*)::int as passed from workflows.enrolment where node = 'second' and steps = 1`,
  )
  if (passed !== contacts) throw new Error(`only ${passed} of ${contacts} passed`)
  const quarter = Math.max(1, Math.floor(memory.length / 4))
  const [early, late] = [Math.max(...memory.slice(0, quarter * 2)), Math.max(...memory.slice(-quarter))]
  const cpu = process.cpuUsage(cpuBefore[0])
  print([
    {
      what: `${contacts} contacts pass one step`,
      seconds: seconds.toFixed(1),
      'contacts/s': Math.round(contacts / seconds),
      'Node us/contact': ((cpu.user + cpu.system) / contacts).toFixed(1),
      'PostgreSQL us/contact': (((cpuSeconds(place.postmaster) - cpuBefore[1]) * 1e6) / contacts).toFixed(1),
      'MB first half': Math.round(early),
      'MB last quarter': Math.round(late),
    },
  ])
  if (seconds > limitSeconds * (contacts / 1_000_000) || late > early * growth) process.exitCode = 1
} finally {
  await place.stop()
}
