import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { sqlStateOf } from '../db/db.ts'
import { AppError, type FieldProblem } from '../errors.ts'

/** The one shape of every error of the API (RFC 9457), with a path per wrong field. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' })

const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** The driver and its pool report these without a code. */
const awayWords =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|database was silent/i

/** Connection refused, server shutting down, too many connections: the database is away for the moment. */
function isDatabaseAway(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state && /^(08|57P|53)/.test(state)) return true
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (awayCodes.has(String(code))) return true
  return error instanceof Error && awayWords.test(error.message)
}

/** PostgreSQL takes no NUL in a text, and no lone surrogate in JSON. */
function isUnstorable(error: unknown): boolean {
  return ['22021', '22P05'].includes(sqlStateOf(error) ?? '')
}

type Validation = NonNullable<FastifyError['validation']>[number]

function toField(problem: Validation): FieldProblem {
  return {
    path: problem.instancePath.replace(/^\//, '').replaceAll('/', '.'),
    message: problem.message ?? 'is not valid',
  }
}

/** An unknown parameter is named by itself: the address it stands in is flat. */
function nameUnknown(problem: Validation): FieldProblem[] {
  const unknown = problem.keyword === 'unrecognized_keys' ? problem.params.keys : null
  if (!Array.isArray(unknown)) return [toField(problem)]
  return unknown.map(key => ({ path: String(key), message: 'is no parameter of this address' }))
}

function fromValidation(error: FastifyError): AppError | null {
  if (!hasZodFastifySchemaValidationErrors(error)) return null
  const isQuery = error.validationContext === 'querystring'
  const fields = error.validation.flatMap(problem => (isQuery ? nameUnknown(problem) : toField(problem)))
  const where =
    error.validationContext === 'body'
      ? 'The request'
      : isQuery
        ? 'The address'
        : `The ${error.validationContext}`
  // A body that is well-formed but wrong is 422; a wrong address is 400.
  return new AppError('invalid', `${where} has ${fields.length} problem${fields.length === 1 ? '' : 's'}.`, {
    status: error.validationContext === 'body' ? 422 : 400,
    fields,
  })
}

/** Turns anything that was thrown into an AppError; a bug becomes a 500 that tells nothing of the inside. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isDatabaseAway(error))
    return new AppError(
      'database_away',
      'The database does not answer at the moment. Try again in a few seconds.',
      { status: 503, detail: { retryAfterSeconds: 2 } },
    )
  if (isUnstorable(error))
    return new AppError('invalid', 'A text holds a character that cannot be stored, such as NUL.', {
      status: 400,
    })
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  if (error instanceof Error && status >= 400 && status < 500)
    return new AppError('bad_request', error.message, { status })
  return new AppError(
    'internal',
    'Something went wrong on our side. The log has the details under this request id.',
    { status: 500, cause: error },
  )
}

/** The error handler of both doors. */
export function answerProblem(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = fromValidation(error) ?? toAppError(error)
  const { url } = request.routeOptions
  // While something is away every request says so: a line each, without a stack, or the log fills the disk too.
  if (problem.status === 503) request.log.warn({ url }, problem.message)
  else if (problem.status >= 500) request.log.error({ err: error, url }, problem.message)
  if (typeof problem.detail.retryAfterSeconds === 'number')
    reply.header('retry-after', String(problem.detail.retryAfterSeconds))
  return reply
    .status(problem.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      type: 'about:blank',
      title: problem.message,
      status: problem.status,
      code: problem.code,
      ...(Object.keys(problem.detail).length > 0 ? { detail: problem.detail } : {}),
      ...(problem.fields.length > 0 ? { fields: problem.fields } : {}),
      requestId: request.id,
    })
}
