import { useQuery } from '@tanstack/react-query'
import { ApiError, call, client } from '@/api/client'

/** Who is signed in. 401 means nobody: the shell then shows the sign-in screen. */
export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: () => call(client.GET('/api/v1/me')), staleTime: 60_000 })
}

export const isSignedOut = (error: unknown) => error instanceof ApiError && error.problem.status === 401

/** The password was right, the second factor was not given yet. */
export const lacksSecondFactor = (error: unknown) =>
  error instanceof ApiError && error.problem.code === 'second_factor'

const readers = ['analyst', 'sales', 'viewer']

/** Why this person cannot change what marketing makes, or null. Buttons are disabled with this as their reason. */
export function useEditReason(): string | null {
  const role = useMe().data?.role
  return role && readers.includes(role) ? `Your role (${role}) can look but not change this.` : null
}
