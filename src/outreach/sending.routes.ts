import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { done, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { countUnknown } from './module.sql.ts'
import { pauseSending, readSettings, resumeSending, saveSettings, settingsSchema } from './settings.ts'

const state = z.object({
  settings: settingsSchema,
  pause: z.object({ by: z.string(), words: z.string(), at: timeSchema }).nullable(),
  /** How mail leaves: `smtp`, `mailbox` (the sandbox keeps it), `both`, or `none`. */
  route: z.enum(['smtp', 'mailbox', 'both', 'none']),
  /** Messages of which nobody knows whether they arrived. */
  unknown: z.int(),
  /** What the page looks like on which readers choose. */
  choicesUrl: z.string(),
})
const tag = 'Sending'

async function look({ db, config }: Services): Promise<z.input<typeof state>> {
  const way =
    config.mode === 'sandbox' ? (config.smtpUrl ? 'both' : 'mailbox') : config.smtpUrl ? 'smtp' : 'none'
  return {
    ...(await readSettings(db, config.mode)),
    route: way,
    unknown: await countUnknown(db),
    choicesUrl: `${config.streetUrl}/p/preview`,
  }
}

export const sendingRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/sending',
    can: 'messages.read',
    summary: 'How sending is set up and how it is doing',
    tag,
    reply: state,
    handle: (_input, services) => look(services),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/sending',
    can: 'settings.edit',
    summary: 'Change postal address, quiet hours and limits',
    tag,
    body: settingsSchema.partial(),
    reply: state,
    async handle({ body, actor }, services) {
      const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
      await saveSettings(services.db, actor, change, {
        mode: services.config.mode,
        now: services.clock.now(),
      })
      return look(services)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/sending/pause',
    can: 'messages.pause',
    summary: 'Stop marketing and service mail at once; alerts and tests go on',
    tag,
    body: z.object({ words: z.string().trim().max(300).default('') }),
    reply: state,
    async handle({ body, actor }, services) {
      const now = services.clock.now()
      await pauseSending(services.db, actor.name, body.words || 'paused by hand', now)
      await audit(
        services.db,
        actor,
        'sending.pause',
        { kind: 'settings', id: 'sending' },
        { words: body.words },
      )
      return look(services)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/sending/resume',
    can: 'messages.pause',
    summary: 'Let sending go on; what was held is looked at again at once',
    tag,
    reply: done,
    async handle({ actor }, { db, clock }) {
      await resumeSending(db, actor, clock.now())
      return { ok: true as const }
    },
  }),
]
