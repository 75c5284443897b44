import { z } from 'zod'
import { type FieldEdit, holds } from '#audience/bulk-edit.ts'
import { type Filter, filterSchema } from '#decisions/filter.ts'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'

/** What is done with many. Consent is only ever made stricter here. */
export const actionSchema = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('field'),
      field: z.string().max(206),
      value: z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]),
    })
    .strict(),
  z.object({ kind: z.literal('list'), listId: idSchema, in: z.boolean() }).strict(),
  z
    .object({ kind: z.literal('consent'), purpose: z.string().trim().min(1).max(60).default('marketing') })
    .strict(),
  z.object({ kind: z.literal('delete') }).strict(),
])
export type Action = z.output<typeof actionSchema>

/** Who is meant: some, or everybody who matches a filter; `{"all": true}` by no filter at all: everybody. */
export const targetSchema = z.union([
  z.object({ ids: z.array(idSchema).min(1).max(1000) }).strict(),
  z.object({ filter: filterSchema }).strict(),
  z.object({ everybody: z.literal(true) }).strict(),
])
export type Target = { ids: string[] } | { filter: Filter } | { everybody: true }

/** Whom the action would not change (alias `contact`), and why. */
export function skipOf(action: Action): { reason: string; when: RawBuilder<boolean> } | null {
  switch (action.kind) {
    case 'field':
      return { reason: 'has this value already', when: holds(action as FieldEdit) }
    case 'list': {
      const on = sql<boolean>`exists (select from audience.list_member m
        where m.contact_id = contact.id and m.list_id = ${action.listId}::bigint)`
      return action.in
        ? { reason: 'is on the list already', when: on }
        : { reason: 'is not on the list', when: sql<boolean>`not ${on}` }
    }
    case 'consent':
      return {
        reason: 'has opted out already',
        when: sql<boolean>`exists (select from audience.consent_current w where w.contact_id = contact.id
          and w.purpose = ${action.purpose} and w.topic_id = 0 and w.state = 'withdrawn')`,
      }
    case 'delete':
      return null
  }
}
