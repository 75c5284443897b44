import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { isAction, may } from '#access/policy.ts'
import { setReferences } from '#access/references.ts'
import { createUser, systemActor } from '#access/users.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import { newId } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { scoreModelRoutes } from './score-models.routes.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
let ownerId: string

before(async () => {
  base = await testDatabase()
  const config = readConfig({ TEND_LOG_LEVEL: 'silent', TEND_SECRET_KEY: randomBytes(32).toString('base64') })
  const jobs = await openJobs(base.url, () => undefined)
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog('silent'),
    jobs,
  }
  services = parts as unknown as Services
  app = await createServer(services)
  const policy = { authenticate: async () => systemActor, may, checkOrigin: () => undefined }
  mountRoutes(app, scoreModelRoutes, policy, services)
  ownerId = (
    await createUser(base.db, systemActor, { name: 'Ann', email: 'ann@example.com', role: 'marketer' })
  ).id
})
after(async () => {
  await app?.close()
  await services?.jobs.close()
  await base?.stop()
})

const call = async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) => {
  const answer = await app.inject({ method, url, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json() }
}
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const rule = { id: 'a', kind: 'behaviour', event: 'page.viewed', points: 5, cap: { points: 20, per: 'day' } }
const draft = { rules: [rule], halfLifeDays: 30, thresholds: [{ name: 'Hot', value: 50 }] }

test('a model goes from draft to live to paused, and two editors do not overwrite each other', async () => {
  const made = await call('POST', '/api/v1/score-models', { name: 'Interest' })
  assert.deepEqual(
    [made.status, made.body.status, made.body.live, made.body.draft.rules],
    [201, 'draft', null, []],
  )
  const url = `/api/v1/score-models/${made.body.id}`
  const changed = await call('PATCH', url, { version: made.body.version, draft })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  const stale = await call('PATCH', url, { version: made.body.version, name: 'Other' })
  assert.deepEqual([stale.status, stale.body.code, stale.body.detail.updatedBy], [409, 'stale', 'Tend'])

  const unowned = await call('POST', `${url}/publish`, { version: 2, ownerId: '1', reviewOn: '2020-01-01' })
  assert.deepEqual(
    [unowned.status, unowned.body.fields.map((field: { path: string }) => field.path)],
    [422, ['ownerId', 'reviewOn']],
  )
  const live = await call('POST', `${url}/publish`, { version: 2, ownerId, reviewOn: day(60) })
  assert.deepEqual(
    [live.status, live.body.status, live.body.liveVersion, live.body.counting],
    [200, 'live', 1, true],
  )
  const again = await call('POST', `${url}/publish`, { version: 3, ownerId, reviewOn: day(61) })
  assert.equal(again.body.liveVersion, 1, 'the same draft makes no new version')
  const edited = await call('PATCH', url, { version: 4, draft: { ...draft, halfLifeDays: null } })
  assert.deepEqual([edited.body.live.halfLifeDays, edited.body.draft.halfLifeDays], [30, null])
  assert.equal(
    (await call('PATCH', url, { version: 5, ownerId: null })).status,
    422,
    'what is live stays owned',
  )
  const paused = await call('POST', `${url}/pause`, { version: 5 })
  assert.equal(paused.body.status, 'paused')
  await setReferences(base.db, { kind: 'segment', id: '1', name: 'Hot ones' }, [
    { kind: 'score-model', id: made.body.id },
  ])
  const kept = await call('POST', `${url}/archive`, { version: 6 })
  assert.deepEqual([kept.status, kept.body.detail.usedBy[0].name], [409, 'Hot ones'])
  await setReferences(base.db, { kind: 'segment', id: '1', name: 'Hot ones' }, [])
  const archived = await call('POST', `${url}/archive`, { version: 6 })
  assert.equal(archived.body.status, 'archived')
  assert.deepEqual((await call('GET', '/api/v1/score-models')).body.items, [])
  assert.equal((await call('GET', '/api/v1/score-models?archived=true')).body.items.length, 1)
})

test('what would not count as people expect is refused with the path of the mistake', async () => {
  const refusals: [object, string][] = [
    [{ ...draft, rules: [] }, 'draft.rules'],
    [{ ...draft, rules: [rule, { ...rule, points: 3 }] }, 'draft.rules.1.id'],
    [{ ...draft, rules: [{ ...rule, cap: { points: 4, per: 'day' } }] }, 'draft.rules.0.cap.points'],
    [{ ...draft, rules: [{ ...rule, event: 'score.rose' }] }, 'draft.rules.0.event'],
    [{ ...draft, rules: [{ ...rule, points: 0 }] }, 'draft.rules.0.points'],
    [
      { ...draft, rules: [{ ...rule, where: [{ property: 'x', op: 'in_last_days', value: 3 }] }] },
      'draft.rules.0.where.0.op',
    ],
    [{ ...draft, rules: [{ id: 'f', kind: 'fit', points: 1, filter: { all: [] } }] }, 'draft.rules.0.filter'],
    [
      {
        ...draft,
        rules: [
          { id: 'f', kind: 'fit', points: 1, filter: { type: 'event', event: 'page.viewed', op: 'never' } },
        ],
      },
      'draft.rules.0.filter',
    ],
    [
      {
        ...draft,
        rules: [
          {
            id: 'f',
            kind: 'fit',
            points: 1,
            filter: { type: 'field', field: 'created_at', op: 'in_last_days', value: 3 },
          },
        ],
      },
      'draft.rules.0.filter',
    ],
    [{ ...draft, thresholds: [...draft.thresholds, { name: 'Hot', value: 50 }] }, 'draft.thresholds.1.name'],
    [{ ...draft, halfLifeDays: 0 }, 'draft.halfLifeDays'],
    [{ ...draft, surprise: 1 }, 'draft'],
  ]
  for (const [wrong, path] of refusals) {
    const { status, body } = await call('POST', '/api/v1/score-models/preview', { draft: wrong })
    const paths = (body.fields ?? []).map((field: { path: string }) => field.path)
    assert.deepEqual([status, paths.includes(path)], [422, true], `${path}: ${JSON.stringify(body)}`)
  }
  assert.equal((await call('POST', '/api/v1/score-models/preview', { draft })).status, 200)
})

test('what does not exist is 404, and an empty sheet is a sheet', async () => {
  assert.equal((await call('GET', '/api/v1/score-models/1')).status, 404)
  assert.deepEqual((await call('GET', `/api/v1/contacts/${newId()}/scores`)).body, { items: [], next: null })
  assert.deepEqual((await call('GET', `/api/v1/contacts/1/scores/2/ledger`)).body, { items: [], next: null })
  assert.equal((await call('GET', '/api/v1/contacts/1/scores/2/ledger?cursor=rubbish')).status, 422)
  assert.deepEqual(
    scoreModelRoutes.filter(route => !isAction(route.can)),
    [],
  )
})
