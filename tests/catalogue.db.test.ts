import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { many, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from './harness/database.ts'

// What keeps the schema ready to be spread over a Citus cluster by contact, without one at hand.

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

const schemas = [
  'engine',
  'activity',
  'audience',
  'decisions',
  'outreach',
  'capture',
  'crm',
  'workflows',
  'insight',
  'stewardship',
]

test('every unique key of a contact’s table begins with the contact', async () => {
  const keys = await many<{ name: string; first: string; contact: boolean }>(
    base.db,
    sql`select i.indexrelid::regclass::text as name, a.attname as first,
          exists (select from pg_attribute c where c.attrelid = i.indrelid and c.attname = 'contact_id') as contact
        from pg_index i
        join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indisunique and n.nspname = any(${schemas})`,
  )
  const wrong = keys.filter(
    key => key.contact && key.first !== 'contact_id' && !key.name.startsWith('audience.identity'),
  )
  assert.deepEqual(
    wrong.map(key => `${key.name} begins with ${key.first}`),
    [],
  )
})

test('there are no triggers, no serial defaults and no foreign keys across contacts', async () => {
  const triggers = await many(
    base.db,
    sql`select tgname from pg_trigger where not tgisinternal and tgrelid::regclass::text !~ '^(jobs|pgboss)'`,
  )
  assert.deepEqual(triggers, [])
  const defaults = await many(
    base.db,
    sql`select c.oid::regclass::text as name from pg_attrdef d join pg_class c on c.oid = d.adrelid
        join pg_namespace n on n.oid = c.relnamespace
        where pg_get_expr(d.adbin, d.adrelid) ~ 'nextval' and n.nspname = any(${schemas})`,
  )
  assert.deepEqual(defaults, [])
  const foreign = await many<{ name: string; columns: string }>(
    base.db,
    sql`select conrelid::regclass::text || '.' || conname as name, pg_get_constraintdef(f.oid) as columns
        from pg_constraint f join pg_class t on t.oid = f.conrelid join pg_namespace n on n.oid = t.relnamespace
        where f.contype = 'f' and n.nspname = any(${schemas})
          and exists (select from pg_attribute c where c.attrelid = f.confrelid and c.attname = 'contact_id')`,
  )
  assert.deepEqual(
    foreign.filter(key => !key.columns.includes('(contact_id')),
    [],
  )
})

test('no statement uses what a distributed table refuses', () => {
  const root = new URL('..', import.meta.url).pathname
  const wrong = globSync('src/**/*.ts', { cwd: root })
    .filter(
      // The two lowest rooms, and those who only look on, may ask for machine time.
      file => !file.includes('.test.') && !/^src\/(platform|engine|doctor)\/|^src\/metrics/.test(file),
    )
    .flatMap(file => {
      const statements = readFileSync(join(root, file), 'utf8').match(/sql(?:<[^`]*>)?`[^`]*`/gs) ?? []
      return statements
        .filter(text => /\bmerge into\b|\brandom\(\)|gen_random_uuid\(\)|clock_timestamp\(\)/i.test(text))
        .map(text => `${file}: ${text.slice(0, 80)}`)
    })
  assert.deepEqual(wrong, [])
})
