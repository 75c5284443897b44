import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { record } from '#activity/record.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { upsertContacts } from './contacts.ts'
import { type IdentityCall, type Resolved, resolve } from './identity.ts'

const now = new Date('2026-11-23T10:00:00Z')
let base: TestDatabase
before(async () => {
  base = await testDatabase({ max: 30 })
})
after(() => base.stop())

/** One call, with a profile where the call makes one: what intake does. */
async function identify(call: IdentityCall): Promise<Resolved> {
  return inTransaction(base.db, async trx => {
    const [who] = await resolve(trx, [call], { now })
    assert.ok(who)
    const traits = call.email && who.holdsAddress ? { email: call.email } : {}
    if (who.known) await upsertContacts(trx, [{ contactId: who.contactId, traits }], { now, source: 'test' })
    return who
  })
}

test('fifty calls at once for one address in many spellings make one contact', async () => {
  const spellings = ['race@example.org', 'RACE@example.org', ' race@Example.org ', 'Race@EXAMPLE.ORG']
  const found = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      identify({ email: spellings[i % 4] ?? '', anonymousId: `race-${i}`, trust: 'server' }),
    ),
  )
  assert.equal(new Set(found.map(who => who.contactId)).size, 1)
  const { count } = await one<{ count: number }>(
    base.db,
    sql`select count(*)::int as count from audience.contact where email = 'race@example.org'`,
  )
  assert.equal(count, 1)
})

test('an anonymous visitor who identifies with a new address keeps his id and his history', async () => {
  const visitor = await identify({ anonymousId: 'v1', trust: 'browser' })
  const later = await identify({ anonymousId: 'v1', email: 'v1@example.org', trust: 'server' })
  assert.equal(later.contactId, visitor.contactId)
  assert.deepEqual(later.joinedFrom, [])
})

test('a visitor who turns out to be a known contact brings his page views along', async () => {
  const ann = await identify({ email: 'ann@example.org', userId: 'ann', trust: 'server' })
  const visitor = await identify({ anonymousId: 'v2', trust: 'browser' })
  await record(base.db, [
    { contactId: visitor.contactId, type: 'page.viewed', at: now, data: { path: '/pricing' } },
  ])
  const joined = await identify({ anonymousId: 'v2', userId: 'ann', trust: 'server' })
  assert.equal(joined.contactId, ann.contactId)
  assert.deepEqual(joined.joinedFrom, [visitor.contactId])
  const events = await many<{ type: string }>(
    base.db,
    sql`select type from activity.event where contact_id = ${ann.contactId}::bigint order by id`,
  )
  assert.ok(
    events.some(event => event.type === 'page.viewed') &&
      events.some(event => event.type === 'contact.joined'),
  )
})

test('a browser that types somebody’s address neither becomes nor changes him', async () => {
  const victim = await identify({ email: 'victim@example.org', trust: 'server' })
  const stranger = await identify({
    email: 'victim@example.org',
    anonymousId: 'evil',
    userId: 'victim',
    trust: 'browser',
  })
  assert.notEqual(stranger.contactId, victim.contactId)
  assert.equal(stranger.addressTaken, true)
  assert.equal(stranger.known, false)
})

test('where user id and address are two people’s, the user id wins and nobody is merged', async () => {
  const bob = await identify({ userId: 'bob', email: 'bob@example.org', trust: 'server' })
  const eve = await identify({ userId: 'eve', email: 'eve@example.org', trust: 'server' })
  const mixed = await identify({ userId: 'bob', email: 'eve@example.org', trust: 'server' })
  assert.equal(mixed.contactId, bob.contactId)
  assert.equal(mixed.addressTaken, true)
  assert.equal((await identify({ email: 'eve@example.org', trust: 'server' })).contactId, eve.contactId)
  // People see it on the screen of the one who was named, once however often it is said.
  await identify({ userId: 'bob', email: 'eve@example.org', trust: 'server' })
  const told = await many<{ data: unknown }>(
    base.db,
    sql`
    select data from activity.event where contact_id = ${bob.contactId}::bigint and type = 'contact.conflict'`,
  )
  assert.deepEqual(told, [{ data: { heldBy: eve.contactId } }])
})

test('a device that a second person signs in on is nobody’s from then on, and each keeps his own history', async () => {
  const seen = () => identify({ anonymousId: 'tablet', trust: 'browser' })
  const first = await identify({
    userId: 'one',
    email: 'one@example.org',
    anonymousId: 'tablet',
    trust: 'server',
  })
  assert.equal((await seen()).contactId, first.contactId)
  const second = await identify({
    userId: 'two',
    email: 'two@example.org',
    anonymousId: 'tablet',
    trust: 'server',
  })
  assert.notEqual(first.contactId, second.contactId)
  assert.deepEqual(second.joinedFrom, [])
  const nobody = await seen()
  assert.ok(![first.contactId, second.contactId].includes(nobody.contactId))
  assert.equal(nobody.known, false)
  // It joins nobody ever after, whoever signs in, and an address typed on it makes nobody of it.
  for (const userId of ['one', 'two', 'one']) {
    const again = await identify({ userId, anonymousId: 'tablet', trust: 'server' })
    assert.deepEqual(
      [again.contactId, again.joinedFrom],
      [userId === 'one' ? first.contactId : second.contactId, []],
    )
  }
  const claim = await identify({ email: 'three@example.org', anonymousId: 'tablet', trust: 'browser' })
  assert.deepEqual([claim.contactId, claim.known], [nobody.contactId, false])
  assert.equal((await seen()).contactId, nobody.contactId)
})

test('two people on one new device in the same batch: each call is its own person’s, the rest is nobody’s', async () => {
  const device = { anonymousId: 'kiosk' }
  const found = await inTransaction(base.db, trx =>
    resolve(
      trx,
      [
        { ...device, userId: 'k1', trust: 'server' },
        { ...device, trust: 'browser' },
        { ...device, userId: 'k2', trust: 'server' },
        { ...device, trust: 'browser' },
      ],
      { now },
    ),
  )
  const [one, during, two, afterwards] = found.map(who => who.contactId)
  assert.equal(during, one)
  assert.equal(new Set([one, two, afterwards]).size, 3)
  assert.equal((await identify({ ...device, trust: 'browser' })).contactId, afterwards)
})

test('a device that is somebody’s does not become another’s because a page says so', async () => {
  const owner = await identify({
    userId: 'laptop-owner',
    email: 'laptop@example.org',
    anonymousId: 'laptop',
    trust: 'server',
  })
  const typed = await identify({ email: 'unheard-of@example.org', anonymousId: 'laptop', trust: 'browser' })
  assert.equal(typed.contactId, owner.contactId)
  const held = await many(base.db, sql`select from audience.identity where value = 'unheard-of@example.org'`)
  assert.equal(held.length, 0)
})

test('many who sign in with one visitor’s device at once: one gets his history, and no event is lost', async () => {
  for (let round = 0; round < 5; round++) {
    const anonymousId = `contested-${round}`
    const visitor = await identify({ anonymousId, trust: 'browser' })
    await record(base.db, [
      { contactId: visitor.contactId, type: 'page.viewed', at: now, data: { path: '/' } },
    ])
    const calls: IdentityCall[] = [
      ...Array.from({ length: 4 }, (_, i) => ({
        userId: `contested-${round}-${i}`,
        anonymousId,
        trust: 'server' as const,
      })),
      { email: `contested-${round}@example.org`, anonymousId, trust: 'browser' },
    ]
    const found = await Promise.all(calls.map(identify))
    // The visitor became exactly one of them: as himself, or by being joined.
    const heirs = found.filter(
      who => who.known && (who.contactId === visitor.contactId || who.joinedFrom.includes(visitor.contactId)),
    )
    assert.equal(new Set(heirs.map(who => who.contactId)).size, 1)
    const views = await many<{ contactId: string }>(
      base.db,
      sql`
      select contact_id as "contactId" from activity.event where type = 'page.viewed' and contact_id = any(${[visitor.contactId, ...found.map(who => who.contactId)]}::bigint[])`,
    )
    assert.deepEqual(views, [{ contactId: heirs[0]?.contactId }])
    const both = await many(
      base.db,
      sql`select from audience.redirect r join audience.contact c on c.id = r.contact_id`,
    )
    assert.equal(both.length, 0)
  }
})

test('two visitors in one batch who are one person end as one contact', async () => {
  const [a, b] = [
    await identify({ anonymousId: 'm1', trust: 'browser' }),
    await identify({ anonymousId: 'm2', trust: 'browser' }),
  ]
  const resolved = await inTransaction(base.db, trx =>
    resolve(
      trx,
      [
        { anonymousId: 'm1', email: 'm@example.org', trust: 'server' },
        { anonymousId: 'm2', email: 'm@example.org', trust: 'server' },
      ],
      { now },
    ),
  )
  assert.equal(resolved[0]?.contactId, resolved[1]?.contactId)
  assert.ok([a.contactId, b.contactId].includes(resolved[0]?.contactId ?? ''))
  const { count } = await one<{ count: number }>(
    base.db,
    sql`select count(distinct contact_id)::int as count from audience.identity where value in ('m1', 'm2', 'm@example.org')`,
  )
  assert.equal(count, 1)
})

test('what a visitor does in the same batch before he names himself is his too', async () => {
  const known = await identify({ email: 'same@example.org', trust: 'server' })
  await identify({ anonymousId: 'seen-before', trust: 'browser' })
  for (const anonymousId of ['never-seen', 'seen-before']) {
    const found = await inTransaction(base.db, trx =>
      resolve(
        trx,
        [
          { anonymousId, trust: 'browser' },
          { anonymousId, email: 'same@example.org', trust: 'server' },
          { anonymousId, trust: 'browser' },
        ],
        { now },
      ),
    )
    assert.deepEqual(
      found.map(who => [who.contactId, who.known]),
      Array(3).fill([known.contactId, true]),
    )
  }
})
