import {
  AspectRatio,
  Button,
  FileButton,
  Group,
  Image,
  List,
  Modal,
  Paper,
  SimpleGrid,
  Stack,
  Text,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { When } from '@/ui/format'
import { useList } from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded, Waiting } from '@/ui/states'
import { Users } from '@/ui/used-by'
import { counted } from './domains'
import { imageTypes, useAddImage } from './image-upload'

const readImages = (query: { limit: number; cursor?: string }) =>
  call(client.GET('/api/v1/page-images', { params: { query } }))
type Picture = Awaited<ReturnType<typeof readImages>>['items'][number]

/** Every image of pages, how heavy it is, and where it is shown. */
export function ImagesScreen() {
  const reason = useEditReason()
  const { query, items } = useList(['page-images', 'library'], readImages)
  const [chosen, setChosen] = useState<Picture | null>(null)
  const add = useAddImage(() => undefined)
  return (
    <Page
      title="Images"
      words="What landing pages show. PNG, JPEG, GIF or WebP up to 700 KB; larger photos are scaled down before they are sent."
      actions={
        <FileButton accept={imageTypes} onChange={file => file && add.mutate(file)}>
          {props => (
            <Button
              {...props}
              leftSection={<IconUpload size={16} />}
              loading={add.isPending}
              disabled={reason !== null}
            >
              Add an image
            </Button>
          )}
        </FileButton>
      }
    >
      {add.isError && <ErrorNote error={add.error} />}
      {query.isPending && <Waiting />}
      {query.isError && <ErrorNote error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && (
        <Empty
          title="No image yet"
          words="Add one here or in the builder. Of every file only the picture is kept: no place, no camera, no comments."
        />
      )}
      <SimpleGrid cols={{ base: 2, sm: 3, md: 4, lg: 5 }} spacing="md">
        {items.map(image => (
          <Thumbnail key={image.id} image={image} onOpen={() => setChosen(image)} />
        ))}
      </SimpleGrid>
      {query.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
      {chosen && <Details image={chosen} disabled={reason !== null} onClose={() => setChosen(null)} />}
    </Page>
  )
}

const sizeOf = (image: Picture) => `${image.width} x ${image.height} px, ${Math.ceil(image.size / 1024)} KB`

function Thumbnail({ image, onOpen }: { image: Picture; onOpen(): void }) {
  return (
    <Paper withBorder p="xs">
      <Stack gap={6}>
        <AspectRatio ratio={4 / 3}>
          <Image src={image.url} alt="" loading="lazy" fit="contain" bg="var(--tend-line)" />
        </AspectRatio>
        <Text size="sm" fw={600} truncate title={image.name}>
          {image.name}
        </Text>
        <Text size="xs" c="dimmed">
          {sizeOf(image)}
        </Text>
        <Button
          variant="default"
          size="compact-sm"
          onClick={onOpen}
          aria-label={`Where it is used: ${image.name}`}
        >
          Where it is used
        </Button>
      </Stack>
    </Paper>
  )
}

function Details(props: { image: Picture; disabled: boolean; onClose(): void }) {
  const { image, disabled, onClose } = props
  const queries = useQueryClient()
  const params = { path: { id: image.id } }
  const users = useQuery({
    queryKey: ['used-by', 'page-images', image.id],
    queryFn: () => call(client.GET('/api/v1/page-images/{id}/used-by', { params })),
  })
  const remove = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/page-images/{id}', { params })),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['page-images'] })
      notifications.show({ message: `“${image.name}” was deleted.` })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={image.name}>
      <Stack>
        <Image src={image.url} alt="" mah={280} fit="contain" />
        <Text size="sm" c="dimmed">
          {sizeOf(image)}, added by {image.createdBy} <When at={image.createdAt} />
        </Text>
        <Loaded query={users} lines={2}>
          {({ items }) => {
            const live = items.filter(each => each.isLive)
            const drafts = items.filter(each => !each.isLive)
            return (
              <Stack gap="sm">
                <Words live={live.length} drafts={drafts.length} />
                <List size="sm" listStyleType="none">
                  <Users items={items} />
                </List>
                {remove.isError && <ErrorNote error={remove.error} />}
                <Group justify="flex-end">
                  <Button variant="default" onClick={onClose}>
                    Keep it
                  </Button>
                  <Button
                    color="red"
                    disabled={disabled || live.length > 0}
                    loading={remove.isPending}
                    onClick={() => remove.mutate()}
                  >
                    {drafts.length > 0 ? `Delete it from ${counted(drafts.length, 'draft')}` : 'Delete it'}
                  </Button>
                </Group>
              </Stack>
            )
          }}
        </Loaded>
      </Stack>
    </Modal>
  )
}

function Words({ live, drafts }: { live: number; drafts: number }) {
  if (live > 0)
    return (
      <Text size="sm">
        {counted(live, 'place')} that everybody sees {live === 1 ? 'shows' : 'show'} it
        {drafts > 0 && `, and it stands in ${counted(drafts, 'draft')}`}. Change{' '}
        {live === 1 ? 'that' : 'those'} first, then it can be deleted.
      </Text>
    )
  if (drafts > 0)
    return (
      <Text size="sm">
        It stands in {counted(drafts, 'draft')}, which cannot be published before another image is chosen.
        Deleting it cannot be undone.
      </Text>
    )
  return <Text size="sm">Nothing shows it. Deleting it cannot be undone.</Text>
}
