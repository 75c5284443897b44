import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ApiError, type Problem } from '@/api/client'

/** Sign-in speaks to the doors behind /api/auth, which are no part of our own API. */
export async function askAuth<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`/api/auth${path}`, {
    method: body ? 'POST' : 'GET',
    credentials: 'same-origin',
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  }).catch(() => null)
  if (!answer)
    throw new ApiError({ title: 'Tend cannot be reached. Is it running?', status: 0, code: 'offline' })
  const said: unknown = await answer.json().catch(() => ({}))
  if (answer.ok) return said as T
  const problem = said as Partial<Problem>
  throw new ApiError({
    title: problem.title ?? `The server answered ${answer.status}.`,
    status: answer.status,
    code: problem.code ?? 'unknown',
  })
}

/** Something that lets people in: afterwards everything is asked anew, and Home opens. */
export function useEntry(path: string) {
  const queries = useQueryClient()
  const go = useNavigate()
  return useMutation({
    mutationFn: (body: object) => askAuth(path, body),
    onSuccess: async () => {
      await queries.resetQueries()
      await go({ to: '/' })
    },
  })
}
