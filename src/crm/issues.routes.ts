import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { getContact } from '#audience/contacts.ts'
import { inTransaction } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route } from '#platform/http/route.ts'
import { listCampaigns } from './actions.ts'
import { getConnection, selectConnections } from './connections.sql.ts'
import { healthOfConnection } from './health.ts'
import {
  getIssue,
  type Issue,
  ignoreIssue,
  resync,
  retryIssue,
  selectIssues,
  selectItems,
} from './issues.sql.ts'
import { nextSteps } from './issues.ts'
import { enqueue } from './outbox.sql.ts'
import { personInCrm } from './person-view.ts'
import { connectorOf } from './registry.ts'
import { healthSchema, issueItemSchema, issueSchema, personSchema } from './shapes.ts'
import { fullSettings } from './wire.ts'

const tag = 'CRM'
const shown = (issue: Issue) => ({ ...issue, nextStep: nextSteps[issue.kind] })
const issueCursor = z.object({ at: z.iso.datetime(), id: idSchema })

const issues: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/crm/issues',
    can: 'crm.read',
    summary: 'What does not work between the CRMs and us, grouped by cause, each with the next step',
    tag,
    query: pageQuery.extend({
      connectionId: idSchema.optional(),
      state: z.enum(['open', 'ignored', 'resolved']).optional(),
    }),
    reply: pageOf(issueSchema),
    async handle({ query }, { db }) {
      const rows = await selectIssues(db, {
        connectionId: query.connectionId ?? null,
        state: query.state ?? null,
        before: readCursor(query.cursor, issueCursor),
        limit: query.limit + 1,
      })
      const { items, next } = page(rows, query.limit, row => ({ at: row.lastAt, id: row.id }))
      return { items: items.map(shown), next }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/issues/:id',
    can: 'crm.read',
    summary: 'One cause, with an exchange as an example',
    tag,
    params: idParams,
    reply: issueSchema,
    handle: async ({ params }, { db }) => shown(await getIssue(db, params.id)),
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/issues/:id/items',
    can: 'crm.read',
    summary: 'The records that a cause stops',
    tag,
    params: idParams,
    query: pageQuery,
    reply: pageOf(issueItemSchema),
    async handle({ params, query }, services) {
      const issue = await getIssue(services.db, params.id)
      const row = await getConnection(services.db, issue.connectionId)
      const settings = fullSettings(services, row)
      const rows = await selectItems(services.db, {
        issueId: params.id,
        after: readCursor(query.cursor, z.string()),
        limit: query.limit + 1,
      })
      const { items, next } = page(rows, query.limit, each => each.item)
      const urlOf = ({ remoteType, remoteId }: (typeof items)[number]) =>
        remoteType && remoteId
          ? (connectorOf(row.connector).recordUrl?.(settings, { type: remoteType, id: remoteId }) ?? null)
          : null
      return { items: items.map(each => ({ ...each, url: urlOf(each) })), next }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/issues/:id/retry',
    can: 'crm.edit',
    summary: 'Try everything again that this cause stopped; fields that rest are freed',
    tag,
    params: idParams,
    reply: z.object({ retried: z.int() }),
    handle: ({ params, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        const retried = await retryIssue(trx, await getIssue(trx, params.id), clock.now())
        await audit(trx, actor, 'crm.retry', { kind: 'crm-issue', id: params.id }, { retried })
        return { retried }
      }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/issues/:id/ignore',
    can: 'crm.edit',
    summary: 'Give up what this cause stopped, until the records change; retry takes it back',
    tag,
    params: idParams,
    reply: done,
    handle: ({ params, actor }, { db }) =>
      inTransaction(db, async trx => {
        await getIssue(trx, params.id)
        await ignoreIssue(trx, params.id)
        await audit(trx, actor, 'crm.ignore', { kind: 'crm-issue', id: params.id }, {})
        return { ok: true as const }
      }),
  }),
]

const looking: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/crm/campaigns',
    can: 'crm.read',
    summary: 'Campaigns of the CRMs, to put people into; the newest 200 whose name holds the search',
    tag,
    query: z.object({ search: z.string().max(100).optional() }),
    reply: z.object({
      items: z.array(
        z.object({
          id: idSchema,
          name: z.string(),
          status: z.string().nullable(),
          connectionName: z.string(),
        }),
      ),
      next: z.null(),
    }),
    handle: async ({ query }, { db }) => ({
      items: await listCampaigns(db, query.search ?? null),
      next: null,
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/health',
    can: 'crm.read',
    summary: 'Freshness, backlog, issues and calls, object by object',
    tag,
    params: idParams,
    reply: healthSchema,
    handle: async ({ params }, { db, clock }) =>
      healthOfConnection(db, await getConnection(db, params.id), clock.now()),
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/crm',
    can: 'contacts.read',
    summary: 'A contact in the CRMs: records, the last values of both sides, conflicts and who won, deals',
    tag,
    params: idParams,
    reply: personSchema,
    handle: async ({ params }, services) =>
      personInCrm(services, (await getContact(services.db, params.id)).id),
  }),
  route({
    method: 'POST',
    url: '/api/v1/contacts/:id/crm/push',
    can: 'contacts.edit',
    summary: 'Bring this contact and the CRMs together now',
    tag,
    params: idParams,
    reply: done,
    status: 202,
    handle: ({ params, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        const { id } = await getContact(trx, params.id)
        const now = clock.now()
        const live = (await selectConnections(trx)).filter(row => row.status === 'live')
        for (const { id: connectionId } of live) await resync(trx, { connectionId, contactIds: [id], now })
        await enqueue(
          trx,
          live.map(row => ({ connectionId: row.id, kind: 'person', localId: id, lane: 'interactive' })),
          now,
        )
        await audit(trx, actor, 'crm.push', { kind: 'contact', id }, {})
        return { ok: true as const }
      }),
  }),
]

/** Issues, health, and what the CRMs know of a contact. */
export const crmRoutes: Route[] = [...issues, ...looking]
