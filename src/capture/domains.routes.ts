import { z } from 'zod'
import { page, pageOf } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { addDomain, proofPlaces, removeDomain, saveDomain, usesOfDomains, verifyDomain } from './domains.ts'
import { type DomainRow, selectDomains } from './pages/domains.sql.ts'

const tag = 'Pages'

const domain = z.object({
  id: idSchema,
  host: z.string(),
  status: z.enum(['pending', 'verified', 'failed']),
  /** What has to stand in the TXT record, or in the file; ours gives the file as soon as the domain points here. */
  proof: z.string(),
  record: z.string(),
  file: z.string(),
  verifiedAt: timeSchema.nullable(),
  checkedAt: timeSchema.nullable(),
  tls: z.enum(['acme', 'proxy']),
  hsts: z.boolean(),
  certificateUntil: timeSchema.nullable(),
  /** Why the last attempt did not succeed. */
  words: z.string().nullable(),
  homePageId: z.string().nullable(),
  /** New pages stand on it. */
  isPrimary: z.boolean(),
  /** Published pages that stand on it. */
  pages: z.int(),
  /** Drafts that are meant for it and not published on it yet. */
  drafts: z.int(),
  /** Old addresses on it that lead to pages. */
  redirects: z.int(),
  createdBy: z.string(),
  createdAt: timeSchema,
})

async function shownAll({ db }: Services, rows: DomainRow[]) {
  const uses = await usesOfDomains(
    db,
    rows.map(row => row.id),
  )
  return rows.map(row => ({
    ...row,
    ...proofPlaces(row.host),
    ...(uses.get(row.id) ?? { pages: 0, drafts: 0, redirects: 0 }),
  }))
}
async function shown(services: Services, row: DomainRow) {
  const [one] = await shownAll(services, [row])
  if (!one) throw new Error('a domain that was read is shown')
  return one
}

const host = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i, 'must be a domain like www.example.com')
const tls = z.enum(['acme', 'proxy'])

export const domainRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/domains',
    can: 'pages.read',
    summary: 'Domains of your own on which pages are served, with their proof and certificate',
    tag,
    reply: pageOf(domain).extend({
      /** Where a CNAME has to point. */
      street: z.string(),
      /** Whether this installation gets certificates by itself. */
      acme: z.boolean(),
    }),
    async handle(_input, services) {
      const { db, config } = services
      const rows = await shownAll(services, await selectDomains(db))
      return {
        ...page(rows, 500, row => row.id),
        street: new URL(config.streetUrl).hostname,
        acme: config.acmeDirectory !== null && config.streetTlsPort !== null,
      }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/domains',
    can: 'settings.edit',
    summary: 'Add a domain; it serves pages once it has shown to be yours',
    tag,
    body: z.object({ host, tls: tls.default('proxy') }),
    reply: domain,
    status: 201,
    handle: async ({ body, actor }, services) => shown(services, await addDomain(services, actor, body)),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/domains/:id',
    can: 'settings.edit',
    summary:
      'Change who ends TLS, whether browsers stay with https, the page at "/", and whether new pages stand on it',
    tag,
    params: idParams,
    body: z.object({
      tls: tls.optional(),
      hsts: z.boolean().optional(),
      homePageId: idSchema.nullish(),
      isPrimary: z.boolean().optional(),
    }),
    reply: domain,
    handle: async ({ params, body, actor }, services) =>
      shown(services, await saveDomain(services, actor, params.id, body)),
  }),
  route({
    method: 'POST',
    url: '/api/v1/domains/:id/verify',
    can: 'settings.edit',
    summary: 'Look for the proof now; afterwards a certificate is got where that is wanted',
    tag,
    params: idParams,
    reply: domain,
    handle: async ({ params, actor }, services) =>
      shown(services, await verifyDomain(services, actor, params.id)),
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/domains/:id',
    can: 'settings.edit',
    summary: 'Remove a domain; refused while published pages stand on it, its drafts move to the street',
    tag,
    params: idParams,
    reply: done,
    async handle({ params, actor }, { db }) {
      await removeDomain(db, actor, params.id)
      return { ok: true as const }
    },
  }),
]
