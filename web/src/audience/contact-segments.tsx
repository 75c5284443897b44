import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  ScrollArea,
  Stack,
  Text,
  Title,
  Tooltip,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { Loaded } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { type Contact, changeMembers, contactKey, useContactRights, useLists } from './contact'
import { SegmentRow, WhyNot } from './segment-row'

const readSegments = (id: string) =>
  call(client.GET('/api/v1/contacts/{id}/segments', { params: { path: { id } } }))

export function useSegments(id: string) {
  return useQuery({
    queryKey: contactKey(id, 'segments'),
    queryFn: () => readSegments(id),
    refetchInterval: 10_000,
  })
}

/** Segments find their people by themselves; lists are made by hand. */
export function ContactSegments({ contact }: { contact: Contact }) {
  const segments = useSegments(contact.id)
  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <Title order={2}>Segments</Title>
        <Loaded query={segments} lines={3}>
          {({ items }) => (
            <div>
              {items.length === 0 && (
                <Text size="sm" c="dimmed">
                  In no segment at the moment.
                </Text>
              )}
              {items.map(segment => (
                <SegmentRow key={segment.id} contactId={contact.id} segment={segment} />
              ))}
            </div>
          )}
        </Loaded>
        <WhyNot contact={contact} within={segments.data?.items.map(segment => segment.id) ?? []} />
      </Stack>
      <Lists contact={contact} />
    </Stack>
  )
}

function Lists({ contact }: { contact: Contact }) {
  const queries = useQueryClient()
  const lists = useLists()
  const rights = useContactRights()
  const change = useMutation({
    mutationFn: async ({ id, joins }: { id: string; name: string; joins: boolean }) =>
      changeMembers(id, [contact.id], joins),
    onSuccess: (_done, { id, name, joins }) =>
      showUndo(joins ? `Put on “${name}”.` : `Taken off “${name}”.`, async () => {
        await changeMembers(id, [contact.id], !joins)
        await queries.invalidateQueries({ queryKey: contactKey(contact.id) })
      }),
    onError: error =>
      notifications.show({ color: 'red', title: 'The list did not change', message: error.message }),
    onSettled: () => queries.invalidateQueries({ queryKey: contactKey(contact.id) }),
  })
  const others = (lists.data?.items ?? []).filter(
    list => list.archivedAt === null && !contact.lists.some(own => own.id === list.id),
  )
  return (
    <Stack gap="xs">
      <Title order={2}>Lists</Title>
      <Group gap="xs">
        {contact.lists.length === 0 && (
          <Text size="sm" c="dimmed">
            On no list.
          </Text>
        )}
        {contact.lists.map(list => (
          <Badge
            key={list.id}
            size="lg"
            color="gray"
            c="var(--mantine-color-text)"
            rightSection={
              rights.build === null && (
                <ActionIcon
                  size={18}
                  variant="transparent"
                  color="gray"
                  aria-label={`Take off ${list.name}`}
                  onClick={() => change.mutate({ ...list, joins: false })}
                >
                  <IconX size={14} />
                </ActionIcon>
              )
            }
          >
            {list.name}
          </Badge>
        ))}
        <Menu position="bottom-start" shadow="md">
          <Menu.Target>
            <Tooltip label={rights.build} disabled={!rights.build}>
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconPlus size={14} />}
                disabled={rights.build !== null}
              >
                Put on a list
              </Button>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown>
            {others.length === 0 && (
              <Menu.Item disabled>No other list. Make one under Settings, Lists.</Menu.Item>
            )}
            <ScrollArea.Autosize mah={300}>
              {others.map(list => (
                <Menu.Item
                  key={list.id}
                  onClick={() => change.mutate({ id: list.id, name: list.name, joins: true })}
                >
                  {list.name}
                </Menu.Item>
              ))}
            </ScrollArea.Autosize>
          </Menu.Dropdown>
        </Menu>
      </Group>
    </Stack>
  )
}
