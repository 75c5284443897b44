import { z } from 'zod'
import { audit } from '#access/audit.ts'
import type { Module } from '#engine/module.ts'
import { invalid } from '#platform/errors.ts'
import { done, idParams, type Route, route } from '#platform/http/route.ts'
import { eraseContact, erasureConsequences } from './erase.ts'
import { csvOf, exportPerson, findPerson, recordsOf } from './subject.ts'

const tag = 'Privacy'
const counts = z.array(z.object({ table: z.string(), words: z.string(), rows: z.number().int() }))
const byTable = z.record(z.string(), z.number().int())

function eraseRoutes(modules: Module[]): Route[] {
  return [
    route({
      method: 'DELETE',
      url: '/api/v1/contacts/:id',
      can: 'contacts.delete',
      summary:
        'Delete a contact and all that is held about it; an opt-out stays known by the hash of the address',
      tag: 'Contacts',
      params: idParams,
      reply: done,
      async handle({ params, actor }, services) {
        await eraseContact(modules, services, { id: params.id, actor, keepOut: false })
        return { ok: true as const }
      },
    }),
    route({
      method: 'GET',
      url: '/api/v1/contacts/:id/erasure',
      can: 'contacts.delete',
      summary: 'What an erasure of this contact would take away, in numbers',
      tag,
      params: idParams,
      reply: z.object({
        name: z.string().nullable(),
        addresses: z.array(z.string()),
        rows: counts,
        total: z.number().int(),
        queuedMessages: z.number().int(),
        activeWorkflows: z.number().int(),
      }),
      handle: ({ params }, { db }) => erasureConsequences(db, params.id),
    }),
    route({
      method: 'POST',
      url: '/api/v1/contacts/:id/erase',
      can: 'contacts.delete',
      summary:
        'Erase a person everywhere (GDPR article 17); with keepOut the hash of the address stays, so that no import brings it back into mailings',
      tag,
      params: idParams,
      body: z.object({ keepOut: z.boolean().default(true) }).strict(),
      reply: z.object({ removed: byTable, scrubbed: byTable }),
      handle: ({ params, body, actor }, services) =>
        eraseContact(modules, services, { id: params.id, actor, keepOut: body.keepOut }),
    }),
  ]
}

export function subjectRoutes(modules: Module[]): Route[] {
  return [
    ...eraseRoutes(modules),
    route({
      method: 'GET',
      url: '/api/v1/contacts/:id/export',
      can: 'privacy.export',
      summary: 'Everything that is held about one person, as one JSON document (GDPR articles 15 and 20)',
      tag,
      params: idParams,
      reply: z.object({
        about: z.object({
          id: z.string(),
          name: z.string().nullable(),
          addresses: z.array(z.string()),
          exportedAt: z.string(),
          note: z.string(),
        }),
        told: z.record(z.string(), z.unknown()),
        records: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
      }),
      async handle({ params, actor, answer }, { db, clock }) {
        const found = await exportPerson(db, modules, { id: params.id, now: clock.now() })
        await audit(db, actor, 'privacy.export', { kind: 'contact', id: params.id }, { format: 'json' })
        answer.header('content-disposition', `attachment; filename="contact-${params.id}.json"`)
        return found
      },
    }),
    route({
      method: 'GET',
      url: '/api/v1/contacts/:id/export/kinds',
      can: 'privacy.export',
      summary: 'The kinds of records that are held about one person, each to be had as CSV',
      tag,
      params: idParams,
      reply: z.object({
        items: z.array(z.object({ kind: z.string(), words: z.string(), rows: z.number().int() })),
        next: z.null(),
      }),
      async handle({ params }, { db }) {
        const kinds = await recordsOf(db, await findPerson(db, params.id))
        return {
          items: kinds.map(({ kind, words, rows }) => ({ kind, words, rows: rows.length })),
          next: null,
        }
      },
    }),
    route({
      method: 'GET',
      url: '/api/v1/contacts/:id/export/csv',
      can: 'privacy.export',
      summary: 'One kind of the records about one person as CSV; what a spreadsheet would run is made a text',
      tag,
      params: idParams,
      query: z.object({ kind: z.string().max(100) }),
      reply: z.string(),
      async handle({ params, query, actor, answer }, { db }) {
        const kinds = await recordsOf(db, await findPerson(db, params.id))
        const kind = kinds.find(known => known.kind === query.kind)
        if (!kind)
          throw invalid('Nothing of this kind is held about this contact.', [
            { path: 'kind', message: `is none of: ${kinds.map(known => known.kind).join(', ')}` },
          ])
        const detail = { format: 'csv', kind: kind.kind }
        await audit(db, actor, 'privacy.export', { kind: 'contact', id: params.id }, detail)
        answer
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="contact-${params.id}-${kind.kind}.csv"`)
          .serializer((text: unknown) => String(text))
        return csvOf(kind.rows)
      },
    }),
  ]
}
