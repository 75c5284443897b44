import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import type { Definition, Placed } from './definition'

export const readWorkflow = (id: string) =>
  call(client.GET('/api/v1/workflows/{id}', { params: { path: { id } } }))
export type Workflow = Awaited<ReturnType<typeof readWorkflow>>

const readCheck = (id: string) =>
  call(client.POST('/api/v1/workflows/{id}/check', { params: { path: { id } } }))
export type Check = Awaited<ReturnType<typeof readCheck>>
export type Problem = Check['problems'][number]

const readCounts = (id: string) =>
  call(client.GET('/api/v1/workflows/{id}/counts', { params: { path: { id } } }))
export type Counts = Awaited<ReturnType<typeof readCounts>>

const readVersions = (id: string) =>
  call(client.GET('/api/v1/workflows/{id}/versions', { params: { path: { id } } }))
export type Version = Awaited<ReturnType<typeof readVersions>>['items'][number]

/** What stands in the way of publishing, asked again after each save; the last answer stays meanwhile. */
export function useCheck(id: string, version: number) {
  return useQuery({
    queryKey: ['workflow-check', id, version],
    queryFn: () => readCheck(id),
    placeholderData: last => last,
  })
}

export function useCounts(workflow: Workflow) {
  return useQuery({
    queryKey: ['workflow-counts', workflow.id],
    queryFn: () => readCounts(workflow.id),
    enabled: workflow.liveVersion !== null,
    refetchInterval: 15_000,
  })
}

export function useVersions(workflow: Workflow) {
  return useQuery({
    queryKey: ['workflow-versions', workflow.id, workflow.liveVersion],
    queryFn: () => readVersions(workflow.id),
  })
}

/** The draft as the editor needs it: every step has settings and ways out, even if none was saved yet. */
export function draftOf(stored: Record<string, unknown>): Definition {
  const draft = stored as Definition
  const nodes = Object.entries(draft.nodes ?? {}).map(([id, step]): [string, Placed] => [
    id,
    { ...step, settings: step.settings ?? {}, exits: step.exits ?? {} },
  ])
  return { ...draft, nodes: Object.fromEntries(nodes) }
}

/** Whether two definitions say the same; what is left out and what is null are alike. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b))
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([, inner]) => inner !== null && inner !== undefined && !(Array.isArray(inner) && inner.length === 0),
  )
  return Object.fromEntries(
    entries.sort(([one], [other]) => one.localeCompare(other)).map(([key, inner]) => [key, plain(inner)]),
  )
}
