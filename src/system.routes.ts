import { z } from 'zod'
import type { Module } from '#engine/module.ts'
import { done, idParams, type Route, route, timeSchema } from '#platform/http/route.ts'
import { listJobs } from '#platform/jobs.ts'
import { arm, hold, lookAtHold } from './arm.ts'
import { healthOf } from './health.ts'

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
      async handle({ answer }, { metrics }) {
        answer.type(metrics.registry.contentType).serializer((text: unknown) => String(text))
        return metrics.registry.metrics()
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
      async handle({ params }, { jobs, db }) {
        await jobs.stop(db, params.id)
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
      async handle({ params }, { jobs, db }) {
        await jobs.resume(db, params.id)
        return { ok: true as const }
      },
    }),
  ]
}
