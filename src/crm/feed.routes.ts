import { z } from 'zod'
import { listUsers } from '#access/users.ts'
import type { Db } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { type Actor, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { nameOf, storiesOf } from './alerts/story.ts'
import { countHandoffs, listHandoffs } from './feed.sql.ts'
import { acceptLead, type Handoff, reopenLead, returnLead, returnReasons } from './feed.ts'

const tag = 'Leads'
const states = z.enum(['open', 'accepted', 'returned'])
const key = z.object({ contactId: idSchema, id: idSchema })
const lead = z.object({
  contactId: idSchema,
  id: idSchema,
  userId: z.string(),
  userName: z.string().nullable(),
  state: states,
  words: z.string(),
  requestedBy: z.string(),
  hotAt: timeSchema,
  requestedAt: timeSchema,
  decidedAt: timeSchema.nullable(),
  decidedBy: z.string().nullable(),
  returnReason: z.string().nullable(),
  note: z.string().nullable(),
  who: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  jobTitle: z.string().nullable(),
  company: z.string().nullable(),
  score: z.object({ name: z.string(), score: z.number(), gained: z.number() }).nullable(),
  actions: z.array(z.object({ at: timeSchema, sentence: z.string() })),
})
const whose = z.enum(['mine', 'all']).default('mine')
const ownOr = (query: { whose: 'mine' | 'all' }, actor: Actor) => (query.whose === 'mine' ? actor.id : null)

/** Leads with what their people did: the same few statements for a page of any length. */
async function shownAll(db: Db, rows: Handoff[], now: Date) {
  const stories = await storiesOf(
    db,
    rows.map(row => row.contactId),
    now,
  )
  const users = new Map((await listUsers(db)).map(user => [user.id, user.name]))
  return rows.map(row => {
    const story = stories.get(row.contactId)
    const { email = null, phone = null, jobTitle = null, companyName = null } = story?.contact ?? {}
    return {
      ...row,
      userName: users.get(row.userId) ?? null,
      who: nameOf(story?.contact),
      email,
      phone,
      jobTitle,
      company: companyName,
      score: story?.score ?? null,
      actions: story?.actions ?? [],
    }
  })
}

async function shown(db: Db, row: Handoff, now: Date) {
  const [one] = await shownAll(db, [row], now)
  if (!one) throw new Error('a lead cannot be shown')
  return one
}

/** The feed of sales: who is hot, what he did, and take it or give it back. */
export const feedRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/leads',
    can: 'leads.read',
    summary: 'Leads that were handed to me, or to all, the hottest moment first, with what they did last',
    tag,
    query: pageQuery.extend({ state: states.default('open'), whose }),
    reply: pageOf(lead),
    async handle({ query, actor }, { db, clock }) {
      const rows = await listHandoffs(db, {
        userId: ownOr(query, actor),
        state: query.state,
        before: readCursor(query.cursor, z.object({ at: z.iso.datetime(), id: idSchema })),
        limit: query.limit + 1,
      })
      const items = await shownAll(db, rows, clock.now())
      return page(items, query.limit, row => ({ at: row.hotAt.toISOString(), id: row.id }))
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/leads/counts',
    can: 'leads.read',
    summary: 'How many leads wait, were accepted and returned; counted up to 1,000',
    tag,
    query: z.object({ whose }),
    reply: z.object({ open: z.int(), accepted: z.int(), returned: z.int() }),
    handle: ({ query, actor }, { db }) => countHandoffs(db, ownOr(query, actor)),
  }),
  route({
    method: 'POST',
    url: '/api/v1/leads/:contactId/:id/accept',
    can: 'leads.edit',
    summary: 'Take a lead: its alerts are answered, and a contact without an owner becomes mine',
    tag,
    params: key,
    reply: lead,
    handle: async ({ params, actor }, { db, clock }) =>
      shown(db, await acceptLead(db, actor, params, clock.now()), clock.now()),
  }),
  route({
    method: 'POST',
    url: '/api/v1/leads/:contactId/:id/return',
    can: 'leads.edit',
    summary: 'Give a lead back to marketing, with a reason',
    tag,
    params: key,
    body: z.strictObject({
      reason: z.enum(returnReasons),
      note: z
        .string()
        .trim()
        .max(500)
        .refine(text => !text.includes('\0'), 'holds a NUL')
        .nullable()
        .default(null),
    }),
    reply: lead,
    handle: async ({ params, body, actor }, { db, clock }) =>
      shown(
        db,
        await returnLead(db, actor, params, { ...body, note: body.note || null }, clock.now()),
        clock.now(),
      ),
  }),
  route({
    method: 'POST',
    url: '/api/v1/leads/:contactId/:id/reopen',
    can: 'leads.edit',
    summary: 'Take back that it was accepted or returned',
    tag,
    params: key,
    reply: lead,
    handle: async ({ params, actor }, { db, clock }) =>
      shown(db, await reopenLead(db, actor, params, clock.now()), clock.now()),
  }),
]
