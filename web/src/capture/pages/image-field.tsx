import { Button, FileButton, Group, Select, Stack, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import type { FieldProps } from './spec-fields'

const maxBytes = 700 * 1024
const maxSide = 1_920

/** Photos as cameras make them are scaled down here; what is small enough stays as it is. */
async function shrink(file: File): Promise<Blob> {
  if (file.size <= maxBytes) return file
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, maxSide / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  for (const quality of [0.85, 0.7, 0.5]) {
    const made = await new Promise<Blob | null>(done => canvas.toBlob(done, 'image/webp', quality))
    if (made && made.size <= maxBytes) return made
  }
  return file
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return btoa(text)
}

/** One of the images that are there, or a new one. */
export function ImageField({ label, help, value, disabled, onChange }: FieldProps<string | null>) {
  const queries = useQueryClient()
  const images = useQuery({
    queryKey: ['page-images'],
    queryFn: () => call(client.GET('/api/v1/page-images', { params: { query: { limit: 200 } } })),
    staleTime: 60_000,
  })
  const add = useMutation({
    mutationFn: async (file: File) => {
      const body = { name: file.name.slice(0, 200), data: await base64(await shrink(file)) }
      const made = await call(client.POST('/api/v1/page-images', { body }))
      await queries.invalidateQueries({ queryKey: ['page-images'] })
      onChange(made.id)
    },
  })
  const items = images.data?.items ?? []
  const chosen = items.find(each => each.id === value)
  return (
    <Stack gap={6}>
      <Group gap={6} align="flex-end">
        <Select
          style={{ flex: '1 1 160px' }}
          label={label}
          description={help}
          placeholder="No image"
          searchable
          clearable
          disabled={disabled}
          data={items.map(each => ({ value: each.id, label: each.name }))}
          value={value}
          onChange={onChange}
        />
        <FileButton
          accept="image/png,image/jpeg,image/gif,image/webp"
          onChange={file => file && add.mutate(file)}
        >
          {props => (
            <Button
              {...props}
              variant="default"
              leftSection={<IconUpload size={14} />}
              loading={add.isPending}
              disabled={disabled}
            >
              Upload
            </Button>
          )}
        </FileButton>
      </Group>
      {chosen && (
        <Text size="xs" c="dimmed">
          {chosen.width} x {chosen.height} px, {Math.ceil(chosen.size / 1024)} KB
        </Text>
      )}
      {add.isError && <ErrorNote error={add.error} />}
    </Stack>
  )
}
