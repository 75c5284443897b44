import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'

export type Search = {
  preset?: string
  from?: string
  to?: string
  compare?: string
  emailId?: string
  campaignId?: string
  workflowId?: string
  version?: string
  segmentId?: string
  listId?: string
  provider?: string
  by?: string
  metric?: string
  view?: string
  sort?: string
}

/** What is asked of the server; the rest of the address is how it is shown. */
const asked = [
  'preset',
  'from',
  'to',
  'compare',
  'emailId',
  'campaignId',
  'workflowId',
  'version',
  'segmentId',
  'listId',
  'provider',
  'by',
] as const

export type Kind = { key: string; title: string; words: string; filters: (keyof Search)[] }

/** Every report; its filters are those that the address may hold. */
export const kinds: Kind[] = [
  {
    key: 'emails',
    title: 'Email performance',
    words: 'What was sent, what arrived, and what people did with it; machines apart.',
    filters: ['emailId'],
  },
  {
    key: 'campaigns',
    title: 'Campaign performance',
    words: 'How campaigns did side by side, and the variants of one against each other.',
    filters: ['campaignId'],
  },
  {
    key: 'workflows',
    title: 'Workflow funnel',
    words: 'Who entered, where people stand, which way they went on, and who reached the goal.',
    filters: ['workflowId', 'version'],
  },
  {
    key: 'leads',
    title: 'Lead funnel',
    words: 'How people go through the stages of the lifecycle, how many go on, and how long it takes.',
    filters: [],
  },
  {
    key: 'sources',
    title: 'Sources',
    words: 'Where new contacts and new customers come from, by their first touch with us.',
    filters: ['by'],
  },
  {
    key: 'growth',
    title: 'Growth and churn',
    words: 'New contacts, opt-ins and opt-outs, and how lists grow and shrink.',
    filters: ['listId'],
  },
  {
    key: 'segments',
    title: 'Segment growth',
    words: 'Who began and who ceased to match, and how large segments were.',
    filters: ['segmentId'],
  },
  {
    key: 'deliverability',
    title: 'Deliverability',
    words: 'Whether mail arrives, by the provider that receives it.',
    filters: ['provider'],
  },
]

/** The address of the present report as state: changing it is a step in the browser's history. */
export function useReportSearch(): [Search, (change: Search) => void] {
  const search = useSearch({ strict: false }) as Search
  const go = useNavigate()
  const set = (change: Search) =>
    void go({
      to: '.',
      search: Object.fromEntries(
        Object.entries({ ...search, ...change }).filter(([, value]) => value),
      ) as never,
    })
  return [search, set]
}

/** The part of the address that belongs to this report. */
export function queryOf(kind: Kind, search: Search): Record<string, string> {
  const own = new Set<string>(['preset', 'from', 'to', 'compare', ...kind.filters])
  return Object.fromEntries(asked.flatMap(key => (own.has(key) && search[key] ? [[key, search[key]]] : [])))
}

const read = (kind: Kind, query: Record<string, string>) =>
  // All reports answer in the same shape; the address stands for each of them.
  call(
    client.GET(`/api/v1/reports/${kind.key}` as '/api/v1/reports/emails', {
      params: { query: query as never },
    }),
  )

export type Report = Awaited<ReturnType<typeof read>>
export type Table = Report['tables'][number]

export function useReport(kind: Kind, search: Search) {
  const query = queryOf(kind, search)
  return useQuery({
    queryKey: ['report', kind.key, query],
    queryFn: () => read(kind, query),
    refetchInterval: 30_000,
    placeholderData: (before, of) => (of?.queryKey[1] === kind.key ? before : undefined),
  })
}
