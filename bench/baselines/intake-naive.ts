// The intake that one would write first: Fastify, a schema, one insert per request. No identities, no dedupe.
import Fastify from 'fastify'
import { Pool } from 'pg'
import { newId } from '../../src/platform/ids.ts'

type Track = { userId: string; event: string; timestamp: string; properties: object }

const pool = new Pool({ connectionString: process.env.DATABASE_URL ?? '', max: 8 })
await pool.query(`
  create table if not exists naive_event (
    contact_id bigint not null, id bigint not null, at timestamptz not null, name text not null, props jsonb not null,
    primary key (contact_id, id))`)

const app = Fastify({ bodyLimit: 512 * 1024 })
const text = { type: 'string' } as const
app.post<{ Body: { batch: Track[] } }>(
  '/v1/batch',
  {
    schema: {
      body: {
        type: 'object',
        required: ['batch'],
        properties: {
          batch: {
            type: 'array',
            items: {
              type: 'object',
              required: ['userId', 'event', 'timestamp'],
              properties: { userId: text, event: text, timestamp: text, properties: { type: 'object' } },
            },
          },
        },
      },
      response: { 200: { type: 'object', properties: { success: { type: 'boolean' } } } },
    },
  },
  async ({ body: { batch } }) => {
    await pool.query({
      name: 'insert',
      text: `insert into naive_event (contact_id, id, at, name, props)
        select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::jsonb[])`,
      values: [
        batch.map(event => event.userId.slice(5)),
        batch.map(() => newId()),
        batch.map(event => event.timestamp),
        batch.map(event => event.event),
        batch.map(event => JSON.stringify(event.properties)),
      ],
    })
    return { success: true }
  },
)
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ url: app.listeningOrigin })
process.once('disconnect', () => process.exit(0))
