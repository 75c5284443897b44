import { z } from 'zod'
import { invalid } from '#platform/errors.ts'
import { type Filter, filterSchema } from './filter.ts'

/** A filter as it stands in an address: the same language as segments, as JSON. Throws what is wrong with it. */
export function readFilter(text: string): Filter {
  try {
    return filterSchema.parse(JSON.parse(text))
  } catch (error) {
    const fields =
      error instanceof z.ZodError
        ? error.issues.map(issue => ({ path: ['filter', ...issue.path].join('.'), message: issue.message }))
        : []
    throw invalid(
      'This filter cannot be read.',
      fields.length > 0 ? fields : [{ path: 'filter', message: 'must be JSON of the filter language' }],
    )
  }
}
