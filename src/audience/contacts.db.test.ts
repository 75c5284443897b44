import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { companiesFor } from './companies.ts'
import { createContact, updateContact } from './contacts.by-hand.ts'
import {
  type ContactSort,
  contactSorts,
  getContact,
  listContacts,
  upsertContacts,
  walkContacts,
} from './contacts.ts'
import { createField, listFields, updateField } from './fields.ts'
import { changeMembers, createList, listLists, updateList } from './lists.ts'

const now = new Date('2026-11-23T10:00:00Z')
const how = { now, source: 'test' }
const hand = { now, by: 'Ann' }
let base: TestDatabase
before(async () => {
  base = await testDatabase({ max: 20 })
})
after(() => base.stop())

const upsert = (contactId: string, traits: Record<string, unknown>) =>
  inTransaction(base.db, trx => upsertContacts(trx, [{ contactId, traits }], how))

test('a new contact is told once, a change with what it was before, and no change not at all', async () => {
  const id = newId()
  const created = await upsert(id, {
    email: 'Told@Example.org',
    firstName: 'Tim',
    plan: 'free',
    seats: 3,
    since: '2026-01-05',
  })
  assert.deepEqual(
    created.map(event => event.type),
    ['contact.created'],
  )
  const [changed] = await upsert(id, { firstName: 'Tom', plan: 'pro', seats: 3, lastName: '' })
  assert.deepEqual(changed?.data?.changes, {
    first_name: { from: 'Tim', to: 'Tom' },
    'attrs.plan': { from: 'free', to: 'pro' },
  })
  assert.deepEqual(await upsert(id, { firstName: 'Tom', email: ' TOLD@example.org ' }), [])
  const [cleared] = await upsert(id, { plan: null })
  assert.deepEqual(cleared?.data?.changes, { 'attrs.plan': { from: 'pro', to: null } })
  const contact = await getContact(base.db, id)
  assert.deepEqual(
    [contact.attrs, contact.version, contact.updatedBy],
    [{ seats: 3, since: '2026-01-05' }, 3, 'test'],
  )
})

test('changes told of one contact that many change at once fit together without a gap', async () => {
  const id = newId()
  await upsert(id, { email: 'many@example.org', n: 0 })
  const told = (await Promise.all(Array.from({ length: 12 }, (_, i) => upsert(id, { n: i + 1 })))).flat()
  const steps = new Map(
    told
      .map(event => Object.values(event.data?.changes ?? {})[0] as { from: number; to: number })
      .map(step => [step.from, step.to]),
  )
  let at = 0
  for (let i = 0; i < told.length; i++) at = steps.get(at) ?? Number.NaN
  assert.equal(told.length, 12)
  assert.equal((await getContact(base.db, id)).attrs.n, at)
})

test('an address that is another contact’s is never written twice, whoever asks', async () => {
  const [first, second] = [newId(), newId()]
  await Promise.all([
    upsert(first, { email: 'twice@example.org' }),
    upsert(second, { email: 'Twice@example.org' }),
  ])
  const holders = await many(base.db, sql`select id from audience.contact where email = 'twice@example.org'`)
  const named = await many(
    base.db,
    sql`select contact_id as id from audience.identity where value = 'twice@example.org'`,
  )
  assert.deepEqual(named, holders)
})

test('fields are learnt with the type of their first value, up to a thousand, without a change of the table', async () => {
  const columns = () =>
    one<{ count: number }>(
      base.db,
      sql`select count(*)::int as count from information_schema.columns where table_schema = 'audience'`,
    )
  const beforehand = await columns()
  const id = newId()
  await upsert(id, { age: 41, vip: true, birthday: '1985-04-02', nothing: null })
  await upsert(id, { age: 'not a number', vip: 'yes', birthday: '02/04/1985' })
  assert.deepEqual((await getContact(base.db, id)).attrs, { age: 41, vip: true, birthday: '1985-04-02' })
  await upsert(id, Object.fromEntries(Array.from({ length: 990 }, (_, i) => [`f${i}`, 'x'.repeat(20)])))
  await upsert(newId(), Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`g${i}`, i])))
  const fields = await listFields(base.db)
  assert.equal(fields.length, 1000)
  assert.ok(fields.every(field => field.key !== 'nothing'))
  assert.deepEqual(await columns(), beforehand)
  await assert.rejects(
    createField(base.db, { key: 'more', label: 'More', type: 'text', choices: [], source: 'Ann' }, now),
    { code: 'too_many_fields' },
  )
  // Archiving makes room, and takes no more values.
  await updateField(base.db, 'age', { archived: true }, now)
  await createField(
    base.db,
    { key: 'tier', label: 'Tier', type: 'choice', choices: ['gold', 'silver'], source: 'Ann' },
    now,
  )
  await upsert(id, { age: 42, tier: 'gold' })
  await upsert(id, { tier: 'lead' })
  const { attrs } = await getContact(base.db, id)
  assert.deepEqual([attrs.age, attrs.tier], [41, 'gold'])
  await run(base.db, sql`delete from audience.field where key ~ '^[fg][0-9]'`)
})

test('what people enter is checked field by field, and a stale change is refused with who was faster', async () => {
  const made = await inTransaction(base.db, trx =>
    createContact(
      trx,
      { core: { email: 'hand@example.org', country: 'de' }, attrs: { tier: 'silver' } },
      hand,
    ),
  )
  assert.deepEqual(
    [made.contact.country, made.contact.attrs.tier, made.contact.updatedBy],
    ['DE', 'silver', 'Ann'],
  )
  const change = (core: object, attrs: object, version = 1) =>
    updateContact(base.db, {
      id: made.contact.id,
      version,
      change: { core, attrs: { ...attrs } },
      now,
      by: 'Bob',
    })
  await assert.rejects(
    change(
      { time_zone: 'Mars/Olympus', owner_id: 'nobody', company_id: '1', email: 'a@b, c@d' },
      { tier: 'iron', age: 3, email: 'x' },
    ),
    (error: { fields: { path: string }[] }) => {
      assert.deepEqual(error.fields.map(field => field.path).sort(), [
        'attrs.age',
        'attrs.email',
        'attrs.tier',
        'companyId',
        'email',
        'ownerId',
        'timeZone',
      ])
      return true
    },
  )
  const { contact, events } = await change({ first_name: 'Hanna', country: null }, { tier: null })
  assert.deepEqual(events[0]?.data?.changes, {
    first_name: { from: null, to: 'Hanna' },
    country: { from: 'DE', to: null },
    'attrs.tier': { from: 'silver', to: null },
  })
  assert.equal(contact.version, 2)
  await assert.rejects(change({ first_name: 'Late' }, {}), {
    code: 'stale',
    detail: { version: 2, updatedAt: now, updatedBy: 'Bob' },
  })
  await upsert(newId(), { email: 'somebody@example.org' })
  await assert.rejects(change({ email: 'SOMEBODY@example.org' }, {}, 2), { code: 'address_taken' })
  await assert.rejects(
    inTransaction(base.db, trx =>
      createContact(trx, { core: { email: 'Hand@example.org' }, attrs: {} }, hand),
    ),
    { code: 'address_taken', detail: { contactId: made.contact.id } },
  )
})

test('every order lists everybody once, page by page, with the empty last', async () => {
  const names = [
    ['Ödön', 'Zar'],
    ['Ann', 'Öst'],
    ['ann', 'Ost'],
    [null, null],
    ['Bo', null],
  ]
  const ids = names.map(() => newId())
  await inTransaction(base.db, trx =>
    upsertContacts(
      trx,
      ids.map((contactId, i) => ({
        contactId,
        traits: {
          ...(names[i]?.[0] && { firstName: names[i][0] }),
          ...(names[i]?.[1] && { lastName: names[i][1] }),
          ...(i !== 3 && { email: `page-${i}@example.org` }),
        },
      })),
      how,
    ),
  )
  const all = async (sort: ContactSort) => {
    const found: string[] = []
    for (let cursor: { key: string; id: string } | null = null; ; ) {
      const rows = await listContacts(base.db, {
        sort,
        cursor,
        limit: 3,
        filter: sql<boolean>`contact.id = any(${ids}::bigint[])`,
      })
      found.push(...rows.slice(0, 3).map(row => row.id))
      const last = rows[2]
      if (rows.length <= 3 || !last) return found
      cursor = { key: last.sortKey, id: last.id }
    }
  }
  for (const sort of contactSorts) assert.deepEqual([...(await all(sort))].sort(), [...ids].sort(), sort)
  assert.deepEqual(
    await all('email'),
    [0, 1, 2, 4, 3].map(i => ids[i]),
  )
  assert.deepEqual(
    await all('name'),
    [4, 2, 1, 0, 3].map(i => ids[i]),
  )
  const search = async (text: string) =>
    (await listContacts(base.db, { sort: 'email', cursor: null, limit: 9, search: text })).map(row => row.id)
  assert.deepEqual(await search('PAGE-1'), [ids[1]])
  assert.deepEqual(await search('ann ö'), [ids[1]])
  assert.deepEqual(await search('Öst Ann'), [ids[1]])
  assert.deepEqual(await search('%'), [])
})

test('no order and no search reads more than its index at a hundred thousand contacts', async () => {
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, first_name, last_name, created_at, updated_at)
    select 1000 + n, 'user' || n || '@example.org', 'First' || n % 5000, 'Last' || n % 50000, ${now}::timestamptz - n * interval '1 second', ${now}
    from generate_series(1, 100000) n`,
  )
  await run(base.db, sql`analyze audience.contact`)
  const rowsRead = async (trx: Db) => {
    const { count } = await one<{ count: number }>(
      trx,
      sql`
      select (seq_tup_read + idx_tup_fetch)::int as count from pg_stat_xact_user_tables where relid = 'audience.contact'::regclass`,
    )
    return count
  }
  const read = (ask: Parameters<typeof listContacts>[1]) =>
    inTransaction(base.db, async trx => {
      const beforehand = await rowsRead(trx)
      assert.ok((await listContacts(trx, ask)).length > 0)
      return (await rowsRead(trx)) - beforehand
    })
  const middle = {
    created: '2026-11-23T00:00:00Z',
    updated: '2026-11-23T10:00:00Z',
    email: 'user5',
    name: 'last3',
  }
  for (const sort of contactSorts) {
    for (const cursor of [null, { key: middle[sort], id: '50000' }]) {
      const count = await read({ sort, cursor, limit: 50 })
      assert.ok(
        count <= 60,
        `${sort} ${cursor ? 'from the middle' : 'from the start'} reads ${count} rows for 51`,
      )
    }
  }
  for (const search of ['user4711', 'last4711', 'first17', 'first1712 last']) {
    for (const sort of contactSorts) {
      const count = await read({ sort, cursor: null, limit: 6, search })
      assert.ok(count <= 5000, `searching “${search}” by ${sort} reads ${count} rows`)
    }
  }
})

test('a company is found by its id elsewhere, then by its domain, and is made once under a race', async () => {
  const find = (externalId: string | null, domain: string | null, name: string | null = null) => {
    const trait = { externalId, domain, name }
    return inTransaction(base.db, async trx => (await companiesFor(trx, [trait], now))(trait))
  }
  const raced = await Promise.all(
    Array.from({ length: 20 }, (_, i) => find(null, null, i % 2 ? 'Acme GmbH' : 'ACME GmbH')),
  )
  assert.equal(new Set(raced).size, 1)
  const byDomain = await find(null, 'acme.example')
  // The id is told later: the same company. Another id of the same domain is another company.
  assert.equal(await find('c1', 'acme.example', 'Acme'), byDomain)
  const second = await find('c2', 'acme.example', 'Acme Services')
  assert.notEqual(second, byDomain)
  assert.equal(await find('c2', null), second)
  assert.equal(await find(null, 'acme.example'), byDomain)
})

test('lists tell who joined and left, once, and can be renamed and archived', async () => {
  const ids = [newId(), newId()]
  for (const id of ids) await upsert(id, { email: `${id}@example.org` })
  const list = await createList(base.db, { name: 'News', description: '', createdBy: 'Ann' }, now)
  const change = (isIn: boolean) =>
    changeMembers(
      base.db,
      ids.map(contactId => ({ contactId, listId: list.id, in: isIn })),
      now,
    )
  assert.deepEqual(
    (await change(true)).map(event => [event.type, event.name]),
    [
      ['list.joined', 'News'],
      ['list.joined', 'News'],
    ],
  )
  assert.deepEqual(await change(true), [])
  assert.equal((await listLists(base.db)).find(one => one.id === list.id)?.size, 2)
  assert.equal((await change(false)).length, 2)
  await assert.rejects(createList(base.db, { name: 'NEWS', description: '', createdBy: 'Ann' }, now), {
    code: 'list_exists',
  })
  await updateList(base.db, list.id, { archived: true }, now)
  const other = await createList(base.db, { name: 'News', description: '', createdBy: 'Ann' }, now)
  await assert.rejects(updateList(base.db, list.id, { archived: false }, now), { code: 'list_exists' })
  assert.equal((await updateList(base.db, other.id, { name: 'News 2' }, now)).name, 'News 2')
})

test('whoever matches a rare filter is found once, in every order, however short the single pages are', async () => {
  const rare = sql<boolean>`contact.last_name in ('Last7', 'Last49999') and contact.id > 1000`
  const expected = ['1007', '51007', '50999', '100999'].sort()
  for (const sort of contactSorts) {
    const found: string[] = []
    let pages = 0
    for (let cursor: { key: string; id: string } | null = null; ; pages++) {
      const { rows, next } = await walkContacts(base.db, { filter: rare, sort, cursor, limit: 3 })
      assert.ok(rows.length <= 3)
      found.push(...rows.map(row => row.id))
      if (next === null) break
      cursor = next
    }
    assert.deepEqual(found.sort(), expected, sort)
    assert.ok(pages >= 1, 'more than one page')
  }
})
