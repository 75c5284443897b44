import { existsSync, statfsSync } from 'node:fs'
import { z } from 'zod'
import { audit } from '#access/audit.ts'
import type { Module } from '#engine/module.ts'
import { discardParked, retryParked } from '#engine/parked.ts'
import { inTransaction, maybeOne, sql } from '#platform/db/db.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { listJobs } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { arm, hold, lookAtHold } from './arm.ts'
import { healthOf } from './health.ts'
import { metricsOf, readNumbers } from './metrics.ts'

const jobSchema = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'stopped']),
  done: z.number(),
  total: z.number().nullable(),
  words: z.string().nullable(),
  error: z.string().nullable(),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
})

const healthSchema = z.object({
  ok: z.boolean(),
  serving: z.boolean(),
  mode: z.string(),
  findings: z.array(z.object({ room: z.string(), ok: z.boolean(), words: z.string() })),
})

const numbersSchema = z.object({
  work: z.int(),
  workAge: z.number(),
  timers: z.int(),
  parked: z.int(),
  lanesFree: z.int(),
  workers: z.int(),
  messages: z.int(),
  calls: z.int(),
  jobs: z.int(),
  jobsFailed: z.int(),
  database: z.number(),
  held: z.int(),
  /** Free bytes where our own files lie; null where that cannot be seen. */
  diskFree: z.number().nullable(),
  lastBackup: z.object({ at: timeSchema, bytes: z.number(), rows: z.number() }).nullable(),
})

async function numbersOf(services: Services): Promise<z.input<typeof numbersSchema>> {
  const { db, config } = services
  const [numbers, row] = await Promise.all([
    readNumbers(services),
    maybeOne<{ value: unknown }>(db, sql`select value from platform.setting where name = 'last_backup'`),
  ])
  const backup = numbersSchema.shape.lastBackup.safeParse(row?.value ?? null)
  const disk = existsSync(config.dataDir) ? statfsSync(config.dataDir) : null
  return {
    ...numbers,
    diskFree: disk && disk.bavail * disk.bsize,
    lastBackup: backup.success ? ((row?.value as z.input<typeof numbersSchema>['lastBackup']) ?? null) : null,
  }
}

const holdSchema = z.object({
  hold: z.object({ since: timeSchema, words: z.string(), backupAt: timeSchema.nullable() }).nullable(),
  waiting: z.array(z.object({ words: z.string(), count: z.number().int() })),
})

/** What belongs to the whole program: health, metrics and the jobs of all rooms. */
export function systemRoutes(modules: Module[]): Route[] {
  return [
    route({
      method: 'GET',
      url: '/api/v1/system/health',
      can: 'signed-in',
      summary: 'What is well and what is not, in sentences',
      tag: 'System',
      reply: healthSchema,
      handle: (_input, services) => healthOf(modules, services),
    }),
    route({
      method: 'GET',
      url: '/api/v1/system/numbers',
      can: 'system.read',
      summary: 'What waits and for how long, room on the disk, the last backup, in numbers',
      tag: 'System',
      reply: numbersSchema,
      handle: (_input, services) => numbersOf(services),
    }),
    route({
      method: 'POST',
      url: '/api/v1/system/parked/retry',
      can: 'system.edit',
      summary: 'Try parked items again: those named, or the 1,000 oldest',
      tag: 'System',
      body: z.object({ ids: z.array(idSchema).min(1).max(1000).optional() }),
      reply: z.object({ retried: z.number().int() }),
      handle: ({ body, actor }, { db }) =>
        inTransaction(db, async trx => {
          const retried = await retryParked(trx, body.ids ?? null)
          await audit(trx, actor, 'system.parked.retry', { kind: 'system', id: 'parked' }, { retried })
          return { retried }
        }),
    }),
    route({
      method: 'POST',
      url: '/api/v1/system/parked/discard',
      can: 'system.edit',
      summary: 'Give parked items up for good; what they were about stays undone',
      tag: 'System',
      body: z.object({ ids: z.array(idSchema).min(1).max(1000) }),
      reply: z.object({ discarded: z.number().int() }),
      handle: ({ body, actor }, { db }) =>
        inTransaction(db, async trx => {
          const discarded = await discardParked(trx, body.ids)
          await audit(
            trx,
            actor,
            'system.parked.discard',
            { kind: 'system', id: 'parked' },
            { ids: body.ids },
          )
          return { discarded }
        }),
    }),
    route({
      method: 'GET',
      url: '/api/v1/system/hold',
      can: 'signed-in',
      summary: 'Whether sending and timers are held after a restore, and what goes out when they are let go',
      tag: 'System',
      reply: holdSchema,
      handle: (_input, services) => lookAtHold(modules, services),
    }),
    route({
      method: 'POST',
      url: '/api/v1/system/hold',
      can: 'system.edit',
      summary: 'Hold all sending and all timers: for a copy of another installation',
      tag: 'System',
      reply: holdSchema,
      async handle({ actor }, services) {
        await hold(services, `held by ${actor.name}`, actor)
        return lookAtHold(modules, services)
      },
    }),
    route({
      method: 'POST',
      url: '/api/v1/system/arm',
      can: 'system.edit',
      summary: 'End the hold: what is due goes out from now on, or is cancelled where it was queued before',
      tag: 'System',
      body: z.object({ dropQueued: z.boolean() }),
      reply: z.object({ cancelled: z.number().int() }),
      handle: ({ body, actor }, services) => arm(services, actor, body.dropQueued),
    }),
    route({
      method: 'GET',
      url: '/api/v1/system/metrics',
      can: 'system.read',
      summary: 'Metrics of this process in the Prometheus text format',
      tag: 'System',
      reply: z.string(),
      async handle({ answer }, services) {
        answer.type(services.metrics.registry.contentType).serializer((text: unknown) => String(text))
        return metricsOf(services)
      },
    }),
    route({
      method: 'GET',
      url: '/api/v1/jobs',
      can: 'jobs.read',
      summary: 'Long jobs, unfinished ones first',
      tag: 'System',
      reply: z.object({ items: z.array(jobSchema), next: z.null() }),
      handle: async (_input, { db }) => ({ items: await listJobs(db), next: null }),
    }),
    route({
      method: 'POST',
      url: '/api/v1/jobs/:id/stop',
      can: 'jobs.edit',
      summary: 'Stop a job at its next save; what is done stays done',
      tag: 'System',
      params: idParams,
      reply: done,
      async handle({ params, actor }, { jobs, db }) {
        await inTransaction(db, async trx => {
          await jobs.stop(trx, params.id)
          await audit(trx, actor, 'jobs.stop', { kind: 'job', id: params.id })
        })
        return { ok: true as const }
      },
    }),
    route({
      method: 'POST',
      url: '/api/v1/jobs/:id/resume',
      can: 'jobs.edit',
      summary: 'Start a failed or stopped job again where it stopped',
      tag: 'System',
      params: idParams,
      reply: done,
      async handle({ params, actor }, { jobs, db }) {
        await inTransaction(db, async trx => {
          await jobs.resume(trx, params.id)
          await audit(trx, actor, 'jobs.resume', { kind: 'job', id: params.id })
        })
        return { ok: true as const }
      },
    }),
  ]
}
