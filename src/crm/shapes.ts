import { z } from 'zod'
import { idSchema, timeSchema } from '#platform/http/route.ts'
import type { ConnectionRow } from './connections.sql.ts'
import { issueKinds } from './issues.ts'
import { linkStates } from './links.sql.ts'
import { kinds, mappingSchema } from './mapping.ts'

const drift = z.object({
  object: z.string(),
  field: z.string().nullable(),
  words: z.string(),
  until: z.string(),
  at: timeSchema,
})

export const remoteSchemaShape = z.object({
  objects: z.array(
    z.object({
      type: z.string(),
      label: z.string(),
      role: z.string(),
      fields: z.array(
        z.object({
          name: z.string(),
          label: z.string(),
          type: z.string(),
          required: z.boolean(),
          readOnly: z.boolean(),
          computed: z.boolean().optional(),
          options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
          maxLength: z.number().optional(),
          scale: z.number().optional(),
          references: z.array(z.string()).optional(),
          externalId: z.boolean().optional(),
        }),
      ),
    }),
  ),
})

export const reportSchema = z.object({
  objects: z.array(
    z.object({
      remote: z.string(),
      kind: z.enum(kinds),
      records: z.int(),
      matched: z.int(),
      createHere: z.int(),
      createThere: z.int(),
      leftOut: z.int(),
      conflicts: z.int(),
      ambiguous: z.int(),
    }),
  ),
  examples: z.array(
    z.object({
      object: z.string(),
      what: z.string(),
      remoteId: z.string(),
      localId: z.string().nullable(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  calls: z.object({ used: z.int(), needed: z.int(), perDay: z.int(), days: z.int() }),
  at: z.string(),
})

export const connectionSchema = z.object({
  id: idSchema,
  name: z.string(),
  connector: z.string(),
  status: z.enum(['draft', 'live', 'paused', 'archived']),
  pauseWords: z.string().nullable(),
  /** Without secrets. */
  settings: z.record(z.string(), z.unknown()),
  /** The webhook address that the CRM may call. */
  hookUrl: z.string(),
  draft: mappingSchema,
  mapping: mappingSchema.nullable(),
  liveMapping: z.int().nullable(),
  isDraftChanged: z.boolean(),
  drift: z.array(drift),
  describedAt: timeSchema.nullable(),
  callsPerDay: z.int(),
  quota: z.object({ used: z.number(), allowed: z.number(), at: z.string() }).nullable(),
  loadState: z.enum(['none', 'checking', 'report', 'loading', 'done']),
  loadedAt: timeSchema.nullable(),
  ownerId: z.string().nullable(),
  reviewOn: z.string().nullable(),
  version: z.int(),
  syncedAt: timeSchema.nullable(),
  updatedAt: timeSchema,
  updatedBy: z.string(),
})

/** A connection as the API shows it. */
export function shapeConnection(row: ConnectionRow, streetUrl: string): z.input<typeof connectionSchema> {
  return {
    id: row.id,
    name: row.name,
    connector: row.connector,
    status: row.status,
    pauseWords: row.pauseWords,
    settings: row.settings,
    hookUrl: `${streetUrl}/crm/hooks/${row.id}/${row.hookKey}`,
    draft: row.draft,
    mapping: row.mapping,
    liveMapping: row.liveMapping,
    isDraftChanged: JSON.stringify(row.draft) !== JSON.stringify(row.mapping),
    drift: row.drift,
    describedAt: row.describedAt,
    callsPerDay: row.callsPerDay,
    quota: row.quota,
    loadState: row.loadState,
    loadedAt: row.loadedAt,
    ownerId: row.ownerId,
    reviewOn: row.reviewOn,
    version: row.version,
    syncedAt: row.syncedAt,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
  }
}

export const exchangeSchema = z.object({
  method: z.string(),
  url: z.string(),
  request: z.string().nullable(),
  status: z.number(),
  response: z.string(),
})

export const issueSchema = z.object({
  id: idSchema,
  connectionId: idSchema,
  kind: z.enum(issueKinds),
  remoteType: z.string().nullable(),
  words: z.string(),
  nextStep: z.string(),
  fields: z.array(z.string()),
  sample: exchangeSchema.nullable(),
  state: z.enum(['open', 'ignored', 'resolved']),
  count: z.int(),
  firstAt: timeSchema,
  lastAt: timeSchema,
})

export const issueItemSchema = z.object({
  item: z.string(),
  kind: z.string(),
  localId: idSchema.nullable(),
  remoteType: z.string().nullable(),
  remoteId: z.string().nullable(),
  words: z.string(),
  at: timeSchema,
  url: z.string().nullable(),
})

export const healthSchema = z.object({
  syncedAt: timeSchema.nullable(),
  objects: z.array(
    z.object({
      remote: z.string(),
      kind: z.enum(kinds),
      linked: z.int(),
      /** When it was last asked for changes, and how many it has brought so far. */
      polledAt: timeSchema.nullable(),
      lagSeconds: z.number().nullable(),
      brought: z.number(),
      waiting: z.int(),
      parked: z.int(),
      oldestWaitingAt: timeSchema.nullable(),
      hints: z.int(),
      issues: z.int(),
    }),
  ),
  calls: z.object({
    perDay: z.int(),
    used: z.int(),
    lanes: z.array(z.object({ lane: z.string(), used: z.int(), ceiling: z.number() })),
    days: z.array(z.object({ day: z.string(), lane: z.string(), calls: z.int() })),
  }),
  /** When the backlog is worked off at the pace of the last hour; null where there is none or no pace. */
  backlogDoneAt: timeSchema.nullable(),
})

export const personSchema = z.object({
  connections: z.array(
    z.object({
      connectionId: idSchema,
      connectionName: z.string(),
      records: z.array(
        z.object({
          type: z.string(),
          id: z.string(),
          isPrimary: z.boolean(),
          state: z.enum(linkStates),
          became: z.object({ type: z.string(), id: z.string() }).nullable(),
          url: z.string().nullable(),
          pulledAt: timeSchema.nullable(),
          pushedAt: timeSchema.nullable(),
          frozen: z.array(z.string()),
          fields: z.array(
            z.object({
              local: z.string(),
              remote: z.string(),
              rule: z.string(),
              ours: z.unknown(),
              agreed: z.unknown(),
              theirs: z.unknown(),
            }),
          ),
        }),
      ),
      waiting: z.enum(['no', 'waiting', 'parked']),
    }),
  ),
  conflicts: z.array(
    z.object({
      id: idSchema,
      connectionId: idSchema,
      field: z.string(),
      ours: z.unknown(),
      theirs: z.unknown(),
      winner: z.enum(['crm', 'tend']),
      at: timeSchema,
    }),
  ),
  deals: z.array(
    z.object({
      id: idSchema,
      name: z.string(),
      stage: z.string().nullable(),
      status: z.enum(['open', 'won', 'lost']),
      amount: z.number().nullable(),
      currency: z.string().nullable(),
      closeOn: z.string().nullable(),
      role: z.string().nullable(),
      isPrimary: z.boolean(),
    }),
  ),
})
