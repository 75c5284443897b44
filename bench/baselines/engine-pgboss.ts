// Five steps per contact as one would build them on a job queue: pg-boss, fetched 200 at a time by four loops, one
// combined statement per step besides the queue's own, the next jobs inserted in bulk.
import { Pool } from 'pg'
import { PgBoss } from 'pg-boss'

type Step = { contactId: string; step: number }

const queue = 'steps'
const loops = 4

/** What both sides keep of every step: a row in the step log. */
const log = (step: number) =>
  `insert into boss_bench.step (contact_id, step, at) select contact_id, ${step}, now() from moved`

/** One statement does all of a step: look, decide, act, note it, move on. */
const statements: Record<number, string> = {
  1: `with moved as (update boss_bench.enrolment set step = 2 where contact_id = $1 and step = 1 returning contact_id) ${log(1)}`,
  2: `with moved as (update boss_bench.enrolment e set step = case when c.attrs->>'plan' = 'gold' then 3 else 4 end
        from boss_bench.contact c where c.contact_id = e.contact_id and e.contact_id = $1 and e.step = 2 returning e.contact_id)
      ${log(2)}`,
  3: `with moved as (update boss_bench.enrolment set step = 4 where contact_id = $1 and step = 3 returning contact_id),
      queued as (insert into boss_bench.message (contact_id, reason, state) select contact_id, 'welcome', 'queued' from moved on conflict do nothing)
      ${log(3)}`,
  4: `with moved as (update boss_bench.enrolment set step = 5 where contact_id = $1 and step = 4 returning contact_id),
      given as (insert into boss_bench.points (contact_id, reason, points, at) select contact_id, 'welcome', 5, now() from moved
        on conflict do nothing returning contact_id, points),
      counted as (insert into boss_bench.score (contact_id, points) select contact_id, points from given
        on conflict (contact_id) do update set points = score.points + excluded.points)
      ${log(4)}`,
  5: `with moved as (update boss_bench.enrolment set step = 6, ended = true where contact_id = $1 and step = 5 returning contact_id) ${log(5)}`,
}

/** Steps per second for `count` contacts. The clock runs from the first fetch to the last completed job. */
export async function pgBossRate(url: string, count: number): Promise<number> {
  const pool = new Pool({ connectionString: url, max: 16 })
  const boss = new PgBoss({
    connectionString: url,
    schema: 'boss_bench_jobs',
    max: 8,
    supervise: false,
    schedule: false,
  })
  await boss.start()
  await boss.createQueue(queue)
  try {
    await pool.query(`drop schema if exists boss_bench cascade; create schema boss_bench;
      create table boss_bench.contact (contact_id bigint primary key, attrs jsonb not null);
      create table boss_bench.enrolment (contact_id bigint primary key, step int not null, ended boolean not null default false) with (fillfactor = 80);
      create table boss_bench.message (contact_id bigint, reason text, state text, primary key (contact_id, reason));
      create table boss_bench.score (contact_id bigint primary key, points int not null);
      create table boss_bench.points (contact_id bigint, reason text, points int not null, at timestamptz not null, primary key (contact_id, reason));
      create table boss_bench.step (contact_id bigint, step int, at timestamptz not null, primary key (contact_id, step))`)
    await pool.query(
      `insert into boss_bench.contact select n, '{"plan": "gold"}' from generate_series(1, $1) n`,
      [count],
    )
    await pool.query('insert into boss_bench.enrolment select contact_id, 1 from boss_bench.contact')
    await boss.insert(
      queue,
      Array.from({ length: count }, (_, n) => ({ data: { contactId: String(n + 1), step: 1 } })),
    )
    await pool.query('vacuum analyze boss_bench.enrolment')
    const began = performance.now()
    let left = count
    await Promise.all(
      Array.from({ length: loops }, () =>
        work(
          boss,
          pool,
          done => (left -= done),
          () => left > 0,
        ),
      ),
    )
    const seconds = (performance.now() - began) / 1000
    const { rows } = await pool.query(
      'select (select count(*) from boss_bench.message)::int as messages, (select count(*) from boss_bench.points)::int as points, (select count(*) from boss_bench.step)::int as steps, (select count(*) from boss_bench.enrolment where ended)::int as ended',
    )
    if ([rows[0].messages, rows[0].points, rows[0].steps / 5, rows[0].ended].some(each => each !== count))
      throw new Error(`the baseline went wrong: ${JSON.stringify(rows[0])}`)
    return (count * 5) / seconds
  } finally {
    await boss.stop({ graceful: false })
    await pool.query(
      'drop schema if exists boss_bench cascade; drop schema if exists boss_bench_jobs cascade',
    )
    await pool.end()
  }
}

async function work(
  boss: PgBoss,
  pool: Pool,
  ended: (count: number) => void,
  isMore: () => boolean,
): Promise<void> {
  while (isMore()) {
    const jobs = await boss.fetch<Step>(queue, { batchSize: 200 })
    if (jobs.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 5))
      continue
    }
    await Promise.all(
      jobs.map(({ data }) =>
        pool.query({ name: `step${data.step}`, text: statements[data.step] ?? '', values: [data.contactId] }),
      ),
    )
    const next = jobs.filter(({ data }) => data.step < 5)
    if (next.length > 0)
      await boss.insert(
        queue,
        next.map(({ data }) => ({ data: { contactId: data.contactId, step: data.step + 1 } })),
      )
    await boss.complete(
      queue,
      jobs.map(job => job.id),
    )
    ended(jobs.length - next.length)
  }
}
