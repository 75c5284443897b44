import { Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { base64 } from '@/api/base64'
import { call, client } from '@/api/client'
import { PickOrUpload } from '@/ui/pick-or-upload'
import { ErrorNote } from '@/ui/states'

const key = ['form-assets']

function useAddAsset(done: (id: string) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (file: File) => {
      const name = file.name.replace(/[\p{C}/\\:*?"<>|]/gu, '').slice(-120) || 'file'
      const made = await call(
        client.POST('/api/v1/form-assets', { body: { name, data: await base64(file) } }),
      )
      await queries.invalidateQueries({ queryKey: key })
      done(made.id)
    },
  })
}

/** The file that is given in return: one that is there, or a new one. */
export function AssetField(props: {
  value: string | null
  disabled: boolean
  onChange(id: string | null): void
}) {
  const { value, disabled, onChange } = props
  const assets = useQuery({
    queryKey: key,
    queryFn: () => call(client.GET('/api/v1/form-assets', { params: { query: { limit: 200 } } })),
    staleTime: 60_000,
  })
  const add = useAddAsset(onChange)
  return (
    <Stack gap={6}>
      <PickOrUpload
        label="Give this file in return"
        description="By a link of his own that works for a week; the download shows in the timeline, and can start a workflow."
        placeholder="No file"
        disabled={disabled}
        data={(assets.data?.items ?? []).map(each => ({
          value: each.id,
          label: `${each.name} (${Math.ceil(each.size / 1024)} KB)`,
        }))}
        value={value}
        isUploading={add.isPending}
        onChange={onChange}
        onUpload={add.mutate}
      />
      {add.isError && <ErrorNote error={add.error} />}
    </Stack>
  )
}
