import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call, client } from '@/api/client'

/** Business time: in the sandbox it can be ahead of the machine's. Every "3 days ago" is measured on it. */
export function useClock() {
  return useQuery({
    queryKey: ['clock'],
    queryFn: () => call(client.GET('/api/v1/sandbox/clock')),
    refetchInterval: 15_000,
    staleTime: 5_000,
  })
}

export function useBusinessNow(): Date {
  const offset = useClock().data?.offsetMs ?? 0
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  return new Date(now + offset)
}

export type Move = { advance: string } | { next: true }

/** Moves the sandbox's clock; when it answers, everything due by then has happened, so all that is shown is asked anew. */
export function useMoveClock() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (move: Move) => call(client.POST('/api/v1/sandbox/clock', { body: move })),
    onSuccess: () => queries.invalidateQueries(),
  })
}
