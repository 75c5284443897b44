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

type Asker = () => Promise<boolean>
let askWho: Asker | null = null

/** Says who asks a person to confirm that it is still he; gives the function that takes it back. */
export function onConfirmNeeded(ask: Asker): () => void {
  askWho = ask
  return () => {
    askWho = null
  }
}

/** A request can be sent once: what may have to be sent again is kept until it was answered. */
const copies = new WeakMap<Request, Request>()

client.use({
  onRequest({ request }) {
    if (request.method !== 'GET') copies.set(request, request.clone())
  },
  async onResponse({ request, response }) {
    if (response.status !== 403 || !askWho) return undefined
    const said = (await response
      .clone()
      .json()
      .catch(() => null)) as Partial<Problem> | null
    const copy = copies.get(request)
    if (said?.code !== 'confirm_needed' || !copy || !(await askWho())) return undefined
    return fetch(copy)
  },
})

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
