import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { NewEvent } from '#engine/reactor.ts'
import { run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { empty, happen, make, now, rowsOf, totalOf } from './reports.fixture.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())
beforeEach(() => empty(base.db))

test('a funnel tells per step who arrived, who waits, which way they went, and who reached the goal', async () => {
  const at = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
  const definition = {
    start: 'wait',
    nodes: {
      wait: { type: 'wait', title: 'Wait', exits: { next: 'branch' } },
      branch: { type: 'branch', title: null, exits: { yes: 'mail', no: null } },
      mail: { type: 'send-email', title: 'Send', exits: { next: null } },
    },
  }
  await run(
    base.db,
    sql`insert into workflows.workflow (id, name, status, draft, version, live_version, updated_at, updated_by, created_at)
      values (7, 'Welcome', 'live', '{}', 1, 1, ${now}, 'Mia', ${now})`,
  )
  await run(
    base.db,
    sql`insert into workflows.version (workflow_id, number, definition, inside, owner_id, review_on, published_by, published_at)
      values (7, 1, ${JSON.stringify(definition)}::jsonb, 'stay', 'x', '2027-01-01', 'Mia', ${now})`,
  )
  const stay = async (node: string, status: string, reason: string | null, steps: [string, string][]) => {
    const id = newId()
    await run(
      base.db,
      sql`insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
          listens, held, state, why, entered_at, ended_at, end_reason, rev)
        values (${id}::bigint, ${id}::bigint, 7, 1, ${id}, ${status}, ${node}, ${at(3)}, 0, '{}', false, '{}', '[]', ${at(30)},
          ${status === 'active' ? null : at(2)}, ${reason}, 0)`,
    )
    for (const [index, [from, exit]] of steps.entries()) {
      await run(
        base.db,
        sql`insert into workflows.step (contact_id, enrolment_id, id, node, exit, at)
          values (${id}::bigint, ${id}::bigint, ${index}, ${from}, ${exit}, ${at(3)})`,
      )
    }
    await run(
      base.db,
      sql`insert into workflows.tally (workflow_id, version, node, exit, shard, n) values (7, 1, ${id}, 'x', 0, ${steps.length})`,
    )
    await happen(base.db, [
      { contactId: id, type: 'workflow.entered', at: at(30), data: { workflowId: '7' } },
    ])
  }
  await stay('wait', 'active', null, [])
  await stay('branch', 'left', 'goal reached', [['wait', 'next']])
  await stay('mail', 'done', null, [
    ['wait', 'next'],
    ['branch', 'yes'],
    ['mail', 'next'],
  ])
  await stay('mail', 'parked', 'the email is gone', [
    ['wait', 'next'],
    ['branch', 'yes'],
  ])
  await stay('branch', 'left', 'exit rule', [['wait', 'next']])
  const report = await make(base.db, 'workflows', { workflowId: '7' })
  assert.equal(totalOf(report, 'flow_entered'), 5)
  assert.equal(totalOf(report, 'goal_rate'), 0.2)
  assert.deepEqual(
    rowsOf(report, 'steps').map(row => [
      row.name,
      row.flow_arrived,
      row.flow_waiting,
      row.flow_passed,
      row.flow_goal,
      row.flow_left,
      row.flow_done,
      row.flow_parked,
    ]),
    [
      ['Wait', 5, 1, 4, 0, 0, 0, 0],
      ['branch', 4, 0, 2, 1, 1, 0, 0],
      ['Send', 2, 0, 1, 0, 0, 1, 1],
    ],
  )
  // Nobody gets lost: who arrived waits, went on, or came to an end.
  for (const row of rowsOf(report, 'steps')) {
    const n = (key: string) => Number(row[key])
    const ended = n('flow_goal') + n('flow_left') + n('flow_parked')
    assert.equal(n('flow_arrived'), n('flow_waiting') + n('flow_passed') + ended, String(row.name))
  }
  assert.deepEqual(
    rowsOf(await make(base.db, 'workflows'), 'workflows').map(row => [
      row.name,
      row.flow_entered,
      row.flow_waiting,
    ]),
    [['Welcome', 5, 1]],
  )
})

test('the size of a segment is walked back from its members, day by day', async () => {
  await run(
    base.db,
    sql`insert into decisions.segment (id, name, status, created_at, updated_at, updated_by) values (9, 'Readers', 'live', ${now}, ${now}, 'Mia')`,
  )
  await run(
    base.db,
    sql`insert into decisions.segment_member (contact_id, segment_id, entered_at) select n, 9, ${now} from generate_series(1, 10) n`,
  )
  const told = (type: string, day: string, n: number): NewEvent[] =>
    Array.from({ length: n }, () => ({
      contactId: newId(),
      type,
      at: new Date(`${day}T22:30:00Z`),
      data: { segmentId: '9' },
    }))
  // Half past eleven in the evening in Berlin: still the same day.
  await happen(base.db, [
    ...told('segment.entered', '2026-11-19', 4),
    ...told('segment.left', '2026-11-18', 3),
    ...told('segment.entered', '2026-11-10', 2),
  ])
  const report = await make(base.db, 'segments', { segmentId: '9', from: '2026-11-09', to: '2026-11-18' })
  const size = report.series.lines.find(line => line.metric === 'size')
  assert.deepEqual(size?.values, [7, 9, 9, 9, 9, 9, 9, 9, 9, 6])
  assert.equal(totalOf(report, 'size'), 6)
  assert.equal(totalOf(report, 'churn_rate'), 3 / 7)
})
