import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'

const ask = (id: string) => call(client.POST('/api/v1/workflows/{id}/check', { params: { path: { id } } }))
export type Report = Awaited<ReturnType<typeof ask>>

/** What stands in the way of publishing; asked anew after every save. */
export function useReport(id: string, version: number) {
  return useQuery({ queryKey: ['workflow-check', id, version], queryFn: () => ask(id), placeholderData: previous => previous })
}
