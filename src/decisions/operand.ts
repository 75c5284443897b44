import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Share } from './condition.ts'
import type { Operand } from './operator.ts'

type Readings = {
  text: RawBuilder<string | null>
  number: RawBuilder<string | null>
  moment: RawBuilder<Date | null>
}

/** The readings of a value; what takes work is shared under the value's name, if the statement shares. */
export function operandOf({ text, number, moment }: Readings, name: string, share: Share | null): Operand {
  const shared: Share = share ?? ((_, value) => value)
  return {
    text,
    get lower() {
      return shared(`${name} lower`, sql<string | null>`lower(${text})`)
    },
    get number() {
      return shared(`${name} number`, number)
    },
    get moment() {
      return shared(`${name} moment`, moment)
    },
  }
}

/** The readings of a JSON value. `json` and `text` are the same value as jsonb and by ->>; JSON's null is no value. */
export function jsonReadings(
  json: RawBuilder<unknown>,
  text: RawBuilder<string | null>,
  zone: string,
): Readings {
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
  return operandOf(jsonReadings(json, sql<string | null>`${json} #>> '{}'`, zone), property, null)
}
