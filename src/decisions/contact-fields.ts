import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Share } from './condition.ts'
import { jsonReadings, operandOf } from './operand.ts'
import type { Family, Operand } from './operator.ts'

export type ContactField = { name: string; title: string; family: Family }

/** The typed columns of audience.contact that may be asked for. Nothing else is ever named in a statement. */
export const contactFields: ContactField[] = [
  { name: 'email', title: 'Email', family: 'text' },
  { name: 'first_name', title: 'First name', family: 'text' },
  { name: 'last_name', title: 'Last name', family: 'text' },
  { name: 'phone', title: 'Phone', family: 'text' },
  { name: 'job_title', title: 'Job title', family: 'text' },
  { name: 'country', title: 'Country', family: 'text' },
  { name: 'language', title: 'Language', family: 'text' },
  { name: 'time_zone', title: 'Time zone', family: 'text' },
  { name: 'stage', title: 'Stage', family: 'choice' },
  { name: 'owner_id', title: 'Owner', family: 'choice' },
  { name: 'company_id', title: 'Company', family: 'choice' },
  { name: 'created_at', title: 'Created', family: 'date' },
  { name: 'updated_at', title: 'Changed', family: 'date' },
]
const byName = new Map(contactFields.map(field => [field.name, field]))

const prefix = 'attrs.'

export function findContactField(name: string): ContactField | undefined {
  return byName.get(name)
}

/** The key of a custom field (`attrs.plan` -> `plan`), or null for a field of our own. */
export function customKey(name: string): string | null {
  return name.startsWith(prefix) ? name.slice(prefix.length) : null
}

/** "job title", "plan": as a sentence says it. */
export function fieldWords(name: string): string {
  return customKey(name) ?? byName.get(name)?.title.toLowerCase() ?? name
}

/** The readings of a field of the contact. Throws for a name that is not in the list. */
export function fieldOperand(name: string, { zone, share }: { zone: string; share: Share | null }): Operand {
  const key = customKey(name)
  if (key !== null) {
    const json = sql`contact.attrs -> ${key}::text`
    return operandOf(
      jsonReadings(json, sql<string | null>`contact.attrs ->> ${key}::text`, zone),
      name,
      share,
    )
  }
  const field = byName.get(name)
  if (!field) throw new Error(`no such field: ${name}`)
  const column = sql.ref(`contact.${field.name}`)
  if (field.family === 'date') {
    const number = sql<string | null>`null::numeric`
    return operandOf(
      { text: sql<string>`${column}::text`, number, moment: column as RawBuilder<Date> },
      name,
      null,
    )
  }
  const text = field.name.endsWith('_id')
    ? sql<string | null>`${column}::text`
    : (column as RawBuilder<string | null>)
  const number = sql<string | null>`decisions.number_of(${text})`
  return operandOf(
    { text, number, moment: sql<Date | null>`decisions.moment_of(${text}, ${zone}::text)` },
    name,
    share,
  )
}
