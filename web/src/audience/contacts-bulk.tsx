import { Button, Group, Menu, Paper, ScrollArea, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconListCheck } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { formatNumber } from '@/ui/format'
import { showUndo } from '@/ui/undo'
import { changeMembers, useContactRights, useLists } from './contact'

/** What can be done with the chosen ones: it says with how many, and can be taken back. */
export function ContactsBulk({ ids, onDone }: { ids: string[]; onDone(): void }) {
  const queries = useQueryClient()
  const lists = useLists()
  const { build } = useContactRights()
  const open = (lists.data?.items ?? []).filter(list => list.archivedAt === null)
  const change = useMutation({
    mutationFn: ({ listId, joins }: { listId: string; name: string; joins: boolean }) =>
      changeMembers(listId, ids, joins),
    onSuccess: ({ changed }, { listId, name, joins }) => {
      void queries.invalidateQueries({ queryKey: ['lists'] })
      const words = `${formatNumber(changed)} of ${formatNumber(ids.length)} ${joins ? 'put on' : 'taken off'} “${name}”.`
      // Undo must not touch those who had been on the list before: only a change of all can be taken back as a whole.
      if (changed === ids.length) showUndo(words, () => changeMembers(listId, ids, !joins))
      else
        notifications.show({
          message: `${words} The others ${joins ? 'were on it already' : 'were not on it'}.`,
        })
      onDone()
    },
    onError: error =>
      notifications.show({ color: 'red', title: 'The list did not change', message: error.message }),
  })
  const people = ids.length === 1 ? '1 contact' : `${formatNumber(ids.length)} contacts`
  return (
    <Paper
      withBorder
      px="md"
      py="xs"
      component="section"
      aria-label="Chosen contacts"
      style={{ position: 'sticky', bottom: 12, zIndex: 5 }}
      shadow="md"
    >
      <Group justify="space-between">
        <Text size="sm" fw={600} aria-live="polite">
          {people} chosen
        </Text>
        <Group gap="xs">
          {([true, false] as const).map(joins => (
            <Menu key={String(joins)} position="top-end" shadow="md">
              <Menu.Target>
                <Button
                  variant="default"
                  size="compact-sm"
                  leftSection={<IconListCheck size={14} />}
                  disabled={build !== null}
                  title={build ?? undefined}
                  loading={change.isPending}
                >
                  {joins ? 'Put on a list' : 'Take off a list'}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {open.length === 0 && (
                  <Menu.Item disabled>There is no list yet. Make one under Settings, Lists.</Menu.Item>
                )}
                <ScrollArea.Autosize mah={300}>
                  {open.map(list => (
                    <Menu.Item
                      key={list.id}
                      onClick={() => change.mutate({ listId: list.id, name: list.name, joins })}
                    >
                      {list.name}{' '}
                      <Text span size="xs" c="dimmed">
                        {formatNumber(list.size)}
                      </Text>
                    </Menu.Item>
                  ))}
                </ScrollArea.Autosize>
              </Menu.Dropdown>
            </Menu>
          ))}
          <Button variant="subtle" size="compact-sm" onClick={onDone}>
            Choose none
          </Button>
        </Group>
      </Group>
    </Paper>
  )
}
