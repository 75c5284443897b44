import { Badge, Button, Code, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { ListTable, useList } from '@/ui/list'
import { Loaded } from '@/ui/states'
import type { LandingPage } from './page'

/** What was published, how the draft differs from it, and the way back. */
export function PageVersions(props: { page: LandingPage; disabled: boolean; flush(): Promise<number> }) {
  const { page, disabled, flush } = props
  const [shown, setShown] = useState<number | null>(null)
  const list = useList(['page-versions', page.id], async query => {
    const found = await call(
      client.GET('/api/v1/pages/{id}/versions', { params: { path: { id: page.id }, query } }),
    )
    return { ...found, items: found.items.map(each => ({ ...each, id: String(each.number) })) }
  })
  const revert = useMutation({
    mutationFn: async (number: number) => {
      const version = await flush()
      const path = { id: page.id, number }
      await call(
        client.POST('/api/v1/pages/{id}/versions/{number}/revert', { params: { path }, body: { version } }),
      )
      notifications.show({ message: `Version ${number} is the draft again. Publish it to make it live.` })
      window.location.reload()
    },
  })
  return (
    <>
      <ListTable
        list={list}
        minWidth={640}
        empty={<Text c="dimmed">Nothing was published yet.</Text>}
        columns={[
          {
            title: 'Version',
            cell: each => `${each.number}${each.number === page.liveVersion ? ', live' : ''}`,
          },
          { title: 'Title', maw: 300, cell: each => each.title },
          { title: 'Address', cell: each => `/${each.slug}` },
          { title: 'Published', cell: each => <When at={each.publishedAt} /> },
          { title: 'By', cell: each => each.publishedBy },
          {
            title: '',
            cell: each => (
              <Group gap="xs" wrap="nowrap">
                <Button
                  size="xs"
                  variant="subtle"
                  onClick={() => void flush().then(() => setShown(each.number))}
                >
                  Compare
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  disabled={disabled}
                  onClick={() => revert.mutate(each.number)}
                >
                  Make it the draft
                </Button>
              </Group>
            ),
          },
        ]}
      />
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        size="xl"
        title={`From version ${shown} to the draft`}
      >
        {shown !== null && <Changes id={page.id} number={shown} />}
      </Modal>
    </>
  )
}

const colours = { added: 'green', removed: 'red', changed: 'blue', moved: 'gray' }

function Changes({ id, number }: { id: string; number: number }) {
  const found = useQuery({
    queryKey: ['page-diff', id, number],
    gcTime: 0,
    queryFn: () =>
      call(client.GET('/api/v1/pages/{id}/versions/{number}/diff', { params: { path: { id, number } } })),
  })
  return (
    <Loaded query={found}>
      {({ items }) => (
        <Stack gap="md">
          {items.length === 0 && <Text c="dimmed">Nothing is different.</Text>}
          {items.map(item => (
            <Stack key={`${item.variant} ${item.kind} ${item.id}`} gap={4}>
              <Group gap="xs">
                <Badge variant="light" color={colours[item.change]}>
                  {item.change}
                </Badge>
                <Text size="sm" fw={600}>
                  {item.label}
                </Text>
              </Group>
              {item.fields.map(field => (
                <Stack key={field.name} gap={2} pl="md">
                  {item.kind !== 'setting' && (
                    <Text size="xs" c="dimmed">
                      {field.name}
                    </Text>
                  )}
                  <Code block style={{ whiteSpace: 'pre-wrap' }}>
                    {`- ${field.before ?? ''}\n+ ${field.after ?? ''}`}
                  </Code>
                </Stack>
              ))}
            </Stack>
          ))}
        </Stack>
      )}
    </Loaded>
  )
}
