/** One thing that is wrong with an input: `path` as in `filter.all.0.value`, `message` a sentence for people. */
export type FieldProblem = { path: string; message: string }

/**
 * A refusal that was foreseen: the caller did something that cannot be done, and `message` says what in words
 * for people. Anything else that is thrown is a bug. HTTP turns it into problem+json (RFC 9457).
 */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly fields: FieldProblem[]
  readonly detail: Record<string, unknown>

  constructor(
    code: string,
    message: string,
    options: {
      status?: number
      fields?: FieldProblem[]
      detail?: Record<string, unknown>
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.status = options.status ?? 400
    this.fields = options.fields ?? []
    this.detail = options.detail ?? {}
  }
}

/** `what` is the noun: "segment". */
export function notFound(what: string): AppError {
  return new AppError('not_found', `This ${what} does not exist (any more).`, { status: 404 })
}

export function invalid(message: string, fields: FieldProblem[] = []): AppError {
  return new AppError('invalid', message, { status: 422, fields })
}

/** `detail` is sent along, so that the screen can show who changed what. */
export function conflict(code: string, message: string, detail: Record<string, unknown> = {}): AppError {
  return new AppError(code, message, { status: 409, detail })
}

export function forbidden(message: string): AppError {
  return new AppError('forbidden', message, { status: 403 })
}

/** Overload or a part that is away for the moment: try again after `retryAfterSeconds`. */
export function unavailable(message: string, retryAfterSeconds = 1): AppError {
  return new AppError('unavailable', message, { status: 503, detail: { retryAfterSeconds } })
}
