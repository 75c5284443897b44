import { z } from 'zod'
import { type Actor, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { requireFresh } from './fresh.ts'
import { type Invitation, invite, listInvitations, openInvitation, revokeInvitation } from './invitations.ts'
import { emailSchema, roleSchema, tag } from './shapes.ts'

const invitation = z.object({
  id: idSchema,
  email: z.string(),
  role: roleSchema,
  createdAt: timeSchema,
  createdByName: z.string(),
  expiresAt: timeSchema,
})

/** The link for the only time, and what became of the mail; null where none was wanted. */
const made = invitation.extend({
  link: z.string(),
  mail: z.object({ sent: z.boolean(), words: z.string() }).nullable(),
})

const invitations = route({
  method: 'GET',
  url: '/api/v1/invitations',
  can: 'users.edit',
  summary: 'Invitations that nobody has taken up yet',
  tag,
  reply: z.object({ items: z.array(invitation), next: z.null() }),
  async handle(_, { db }) {
    return { items: await listInvitations(db), next: null }
  },
})

const ask = route({
  method: 'POST',
  url: '/api/v1/invitations',
  can: 'users.edit',
  summary: 'Ask somebody in: a link for seven days, good once; an earlier one of this address is void',
  tag,
  body: z.strictObject({
    email: emailSchema,
    role: roleSchema,
    /** Whether the link is sent to the address as well. */
    mail: z.boolean().default(true),
  }),
  reply: made,
  status: 201,
  async handle({ actor, body, request }, services) {
    if (body.role === 'owner') requireFresh(request)
    return handOver(services, actor, { ...(await invite(services.db, actor, body)), mail: body.mail })
  },
})

const askAgain = route({
  method: 'POST',
  url: '/api/v1/invitations/:id/resend',
  can: 'users.edit',
  summary: 'Send an invitation again, with a new link for seven days; the earlier one is void',
  tag,
  params: idParams,
  reply: made,
  status: 201,
  async handle({ actor, params, request }, services) {
    const open = await openInvitation(services.db, params.id)
    if (open.role === 'owner') requireFresh(request)
    return handOver(services, actor, { ...(await invite(services.db, actor, open)), mail: true })
  },
})

/** Shows the link for the only time, and sends it where that is wanted. */
async function handOver(
  { config, post }: Services,
  actor: Actor,
  given: { invitation: Invitation; token: string; mail: boolean },
) {
  const { invitation, token, mail } = given
  const link = `${config.officeUrl}/sign-in?invitation=${token}`
  const note = {
    to: invitation.email,
    subject: `${oneLine(actor.name)} invites you to Tend`,
    lines: [
      `${oneLine(actor.name)} asks you to work with the team in Tend, as ${invitation.role}.`,
      'The button leads to a page that asks for your name and a password. It works once, and for seven days.',
    ],
    button: { label: 'Accept the invitation', url: link },
    last: 'If you do not know what this is about, ignore it: nothing happens.',
  }
  return { ...invitation, link, mail: mail ? await post(note) : null }
}

/** A name in a letter to a stranger: short, and no address in it to click on. */
const oneLine = (name: string) =>
  name
    .replace(/[\s\p{C}]+/gu, ' ')
    .replace(/:\/\/|www\./gi, ' ')
    .trim()
    .slice(0, 80) || 'Somebody'

const takeBack = route({
  method: 'DELETE',
  url: '/api/v1/invitations/:id',
  can: 'users.edit',
  summary: 'Take an invitation back',
  tag,
  params: idParams,
  reply: done,
  async handle({ actor, params }, { db }) {
    await revokeInvitation(db, actor, params.id)
    return { ok: true as const }
  },
})

export const invitationRoutes: Route[] = [invitations, ask, askAgain, takeBack]
