import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { base64 } from '@/api/base64'
import { call, client } from '@/api/client'

const readImport = (id: string) => call(client.GET('/api/v1/imports/{id}', { params: { path: { id } } }))
export type Import = Awaited<ReturnType<typeof readImport>>
export type ColumnMap = NonNullable<Import['mapping']>[number]
export type ImportOptions = NonNullable<Import['options']>
export type Dialect = NonNullable<Import['dialect']>
export type DryRun = NonNullable<Import['dry']>

const isOpen = (job: Import['run']) => job?.state === 'queued' || job?.state === 'running'
export const isBusy = (found: Pick<Import, 'stage' | 'check' | 'run' | 'undo'>) =>
  (found.stage === 'ready' && isOpen(found.check)) ||
  (found.stage === 'running' && isOpen(found.run)) ||
  (found.stage === 'undoing' && isOpen(found.undo))

/** One import, asked for again every second as long as something runs. */
export function useImport(id: string) {
  return useQuery({
    queryKey: ['imports', id],
    queryFn: () => readImport(id),
    refetchInterval: query => (query.state.data && isBusy(query.state.data) ? 700 : false),
  })
}

export type Deed = 'check' | 'run' | 'pause' | 'resume' | 'undo'

const path = (id: string) => ({ params: { path: { id } } })
const deeds = {
  check: (id: string) => client.POST('/api/v1/imports/{id}/check', path(id)),
  run: (id: string) => client.POST('/api/v1/imports/{id}/run', path(id)),
  pause: (id: string) => client.POST('/api/v1/imports/{id}/pause', path(id)),
  resume: (id: string) => client.POST('/api/v1/imports/{id}/resume', path(id)),
  undo: (id: string) => client.POST('/api/v1/imports/{id}/undo', path(id)),
}

/** What can be done with an import; its new state is shown at once. */
export function useImportDeed(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (deed: Deed) => call<Import>(deeds[deed](id)),
    onSuccess: found => {
      queries.setQueryData(['imports', id], found)
      void queries.invalidateQueries({ queryKey: ['jobs'] })
      void queries.invalidateQueries({ queryKey: ['imports', 'list'] })
    },
  })
}

type Change = { dialect?: Dialect; mapping?: ColumnMap[]; options?: ImportOptions }

export function useImportChange(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (change: Change) =>
      call(client.PATCH('/api/v1/imports/{id}', { ...path(id), body: change as never })),
    onSuccess: found => queries.setQueryData(['imports', id], found),
  })
}

/** Hands a file in piece by piece, so that its size is no matter; tells how much of it is over, 0 to 1. */
export async function uploadFile(file: File, onProgress: (share: number) => void): Promise<Import> {
  if (file.size === 0) throw new Error('This file is empty.')
  const body = { name: file.name.slice(0, 200), bytes: file.size }
  const { id, pieceBytes } = await call(client.POST('/api/v1/imports', { body }))
  const pieces = Math.ceil(file.size / pieceBytes)
  for (let position = 0; position < pieces; position++) {
    const data = await base64(file.slice(position * pieceBytes, (position + 1) * pieceBytes))
    const where = { params: { path: { id, position } } }
    await call(client.PUT('/api/v1/imports/{id}/pieces/{position}', { ...where, body: { data } }))
    onProgress((position + 1) / pieces)
  }
  return call(client.POST('/api/v1/imports/{id}/read', path(id)))
}
