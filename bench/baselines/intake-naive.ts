// The intake that one would write first: Fastify, a schema, one insert per request. No identities, no dedupe, no work
// for anybody. It stores the columns of an event that it can know, under the same key and index as the ledger's, and
// checks the same fields; an earlier version stored five columns and checked three, which was less than an event is.
import Fastify from 'fastify'
import { Pool } from 'pg'
import { newId } from '../../src/platform/ids.ts'

type Track = {
  type: string
  userId: string
  messageId: string
  event: string
  timestamp: string
  properties: object
}

const pool = new Pool({ connectionString: process.env.DATABASE_URL ?? '', max: 8 })
await pool.query(`
  create table if not exists naive_event (
    contact_id bigint not null, at timestamptz not null, id bigint not null, source_id bigint,
    received_at timestamptz not null, type text not null, name text, props jsonb not null,
    primary key (contact_id, at, id))`)
await pool.query('create index if not exists naive_event_at_idx on naive_event using brin (at)')

const app = Fastify({ bodyLimit: 512 * 1024 })
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength }) as const
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
              required: ['type', 'userId', 'messageId', 'event', 'timestamp'],
              properties: {
                type: { enum: ['track'] },
                userId: text(255),
                messageId: text(255),
                event: text(200),
                timestamp: { type: 'string', format: 'date-time' },
                properties: { type: 'object' },
              },
            },
          },
        },
      },
      response: { 200: { type: 'object', properties: { success: { type: 'boolean' } } } },
    },
  },
  async ({ body: { batch } }) => {
    const receivedAt = new Date().toISOString()
    await pool.query({
      name: 'insert',
      text: `insert into naive_event (contact_id, at, id, source_id, received_at, type, name, props)
        select contact_id, at, id, 1, $6::timestamptz, 'event.tracked', name, props
        from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::jsonb[])
          as fresh (contact_id, id, at, name, props)`,
      values: [
        batch.map(event => event.userId.slice(5)),
        batch.map(() => newId()),
        batch.map(event => event.timestamp),
        batch.map(event => event.event),
        batch.map(event => JSON.stringify(event.properties)),
        receivedAt,
      ],
    })
    return { success: true }
  },
)
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ url: app.listeningOrigin })
process.once('disconnect', () => process.exit(0))
