import createClient from 'openapi-fetch'
import type { paths } from './schema'

/** What went wrong, as the server said it: problem+json with a path per field. */
export type Problem = {
  title: string
  status: number
  code: string
  fields?: { path: string; message: string }[]
  detail?: Record<string, unknown>
  requestId?: string
}

export class ApiError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

export const client = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })

/** Unwraps an answer: the data, or an ApiError with the server's words. Offline is an error like any other. */
export async function call<T>(
  request: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let answer: { data?: T; error?: unknown; response: Response }
  try {
    answer = await request
  } catch {
    throw new ApiError({
      title: 'Tend cannot be reached. Is it running? Your work is kept here.',
      status: 0,
      code: 'offline',
    })
  }
  if (answer.response.ok) return answer.data as T
  const said = answer.error as Partial<Problem> | undefined
  throw new ApiError({
    title: said?.title ?? `The server answered ${answer.response.status}.`,
    status: answer.response.status,
    code: said?.code ?? 'unknown',
    ...(said?.fields ? { fields: said.fields } : {}),
    ...(said?.detail ? { detail: said.detail } : {}),
    ...(said?.requestId ? { requestId: said.requestId } : {}),
  })
}
