import type { z } from 'zod'

/** A kind of event: what its data looks like, and how it reads. */
export type EventType = {
  /** `page.viewed`: the thing and what happened to it. */
  type: string
  /** For lists and pickers: "Page viewed". */
  title: string
  /** Whether events of this type carry a name of the customer's choosing (a page's, a tracked event's). */
  named: boolean
  /** Whether senders from outside may record it themselves. */
  public: boolean
  data: z.ZodType
  /** Null where the data does not fit its schema. */
  sentence(data: Record<string, unknown>, name: string | null): string | null
}

/** Ties the sentence of a type to its schema. */
export function eventType<S extends z.ZodType>(given: {
  type: string
  title: string
  named?: boolean
  public?: boolean
  data: S
  sentence(data: z.output<S>, name: string | null): string
}): EventType {
  return {
    type: given.type,
    title: given.title,
    named: given.named ?? false,
    public: given.public ?? false,
    data: given.data,
    sentence(data, name) {
      const read = given.data.safeParse(data)
      return read.success ? given.sentence(read.data, name) : null
    },
  }
}

/** Quotes a name for a sentence; long ones are cut, missing ones get `instead`. */
export function quoted(name: string | null | undefined, instead: string): string {
  if (!name) return instead
  return `“${name.length > 120 ? `${name.slice(0, 119)}…` : name}”`
}
