import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'

export const domainsKey = ['domains']
const readDomains = () => call(client.GET('/api/v1/domains'))
export type Domains = Awaited<ReturnType<typeof readDomains>>
export type Domain = Domains['items'][number]

export const useDomains = () => useQuery({ queryKey: domainsKey, queryFn: readDomains, staleTime: 15_000 })

/** "1 page", "3 pages". */
export const counted = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`
