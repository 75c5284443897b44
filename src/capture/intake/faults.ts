import { sqlStateOf } from '#platform/db/db.ts'
import { AppError, unavailable } from '#platform/errors.ts'

/**
 * What a failed write means. `away`: the database cannot be asked now, so the sender shall repeat everything.
 * `broken`: a statement is wrong (a bug, a missing migration), which repeating by halves would only hide as
 * rejected events. `data`: something in the batch cannot be stored.
 */
export type Fault = 'away' | 'broken' | 'data'

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
  'EHOSTUNREACH',
])
/** SQLSTATE classes: connection, transaction rollback, resources, object in use, operator intervention, system. */
const awayClasses = new Set(['08', '40', '53', '55', '57', '58', '25'])
const brokenClasses = new Set(['42', '0A', '28', '3D', '3F', 'XX', 'F0', '26', '34'])

export function faultOf(error: unknown): Fault {
  if (error instanceof AppError) return error.status >= 500 || error.status === 429 ? 'away' : 'data'
  // Before the SQLSTATE: EPIPE has five letters as well.
  if (error instanceof Error && 'code' in error && networkCodes.has(String(error.code))) return 'away'
  const state = sqlStateOf(error)
  if (state) {
    const kind = state.slice(0, 2)
    return awayClasses.has(kind) ? 'away' : brokenClasses.has(kind) ? 'broken' : 'data'
  }
  if (error instanceof AggregateError) return 'away'
  // pg and its pool report these without a code.
  const lost =
    /connection terminated|timeout exceeded when trying to connect|client has encountered|query read timeout/i
  return error instanceof Error && lost.test(error.message) ? 'away' : 'data'
}

/** The error a sender sees when nothing of the batch was written. */
export function unwritten(cause: unknown): AppError {
  const error = unavailable('Events cannot be stored at the moment; send this again.', 2)
  error.cause = cause
  return error
}
