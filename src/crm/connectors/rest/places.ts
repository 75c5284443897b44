import { CrmError } from '../../connector.ts'

/** The value at `a.0.b` of an answer; undefined where there is none. */
export function at(value: unknown, place: string): unknown {
  if (place === '') return value
  let here = value
  for (const step of place.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}

/** Puts a value at `a.0.b`, making what is missing on the way; numbers make lists. */
export function put(target: Record<string, unknown>, place: string, value: unknown): void {
  const steps = place.split('.')
  let here: Record<string, unknown> = target
  for (const [index, step] of steps.entries()) {
    if (index === steps.length - 1) {
      Object.defineProperty(here, step, { value, enumerable: true, writable: true, configurable: true })
      return
    }
    if (!Object.hasOwn(here, step)) {
      const made = /^\d+$/.test(steps[index + 1] ?? '') ? [] : {}
      Object.defineProperty(here, step, { value: made, enumerable: true, writable: true, configurable: true })
    }
    here = here[step] as Record<string, unknown>
  }
}

/** An address with the id of a record in the place of `{id}`; an id that would lead out of its folder is nobody's. */
export function withId(path: string, id: string): string {
  if (/^\.{0,2}$/.test(id))
    throw new CrmError({ kind: 'gone', words: 'There is no record of this id.', code: 'no_id' })
  return path.replaceAll('{id}', encodeURIComponent(id))
}
