import { Group, Image, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { PickOrUpload } from '@/ui/pick-or-upload'
import { ErrorNote } from '@/ui/states'
import { imageTypes, useAddImage } from './image-upload'
import type { FieldProps } from './spec-fields'

/** One of the images that are there, or a new one. */
export function ImageField({ label, help, value, disabled, onChange }: FieldProps<string | null>) {
  const images = useQuery({
    queryKey: ['page-images'],
    queryFn: () => call(client.GET('/api/v1/page-images', { params: { query: { limit: 200 } } })),
    staleTime: 60_000,
  })
  const add = useAddImage(onChange)
  const items = images.data?.items ?? []
  const chosen = items.find(each => each.id === value)
  return (
    <Stack gap={6}>
      <PickOrUpload
        label={label}
        description={help}
        placeholder="No image"
        accept={imageTypes}
        disabled={disabled}
        data={items.map(each => ({ value: each.id, label: each.name }))}
        value={value}
        isUploading={add.isPending}
        onChange={onChange}
        onUpload={add.mutate}
      />
      {chosen && (
        <Group gap="xs" wrap="nowrap">
          <Image src={chosen.url} alt="" w={64} h={48} fit="contain" />
          <Text size="xs" c="dimmed">
            {chosen.width} x {chosen.height} px, {Math.ceil(chosen.size / 1024)} KB
          </Text>
        </Group>
      )}
      {add.isError && <ErrorNote error={add.error} />}
    </Stack>
  )
}
