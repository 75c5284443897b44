import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Operand } from './operator.ts'

/** The readings of a JSON value. `json` and `text` are the same value as jsonb and by ->>; JSON's null is no value. */
export function jsonOperand(
  json: RawBuilder<unknown>,
  text: RawBuilder<string | null>,
  zone: string,
): Operand {
  return {
    text,
    number: sql<string | null>`case jsonb_typeof(${json}) when 'number' then (${json})::numeric
      when 'string' then decisions.number_of(${text}) end`,
    moment: sql<Date | null>`decisions.moment_of(${text}, ${zone}::text)`,
  }
}

/** A value inside an event (alias `event`): a dot descends, and tracked events are searched in `properties` first. */
export function eventOperand(property: string, type: string, zone: string): Operand {
  const roots = type === 'event.tracked' ? [['properties'], []] : [[]]
  const paths = roots.flatMap(root => {
    const whole = [...root, property]
    return property.includes('.') ? [whole, [...root, ...property.split('.')]] : [whole]
  })
  const places = paths.map(path => sql`nullif(event.data #> ${path}::text[], 'null'::jsonb)`)
  const [only] = places
  const json = places.length === 1 && only ? only : sql`coalesce(${sql.join(places)})`
  return jsonOperand(json, sql<string | null>`${json} #>> '{}'`, zone)
}
