import { Button, Checkbox, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBookmark, IconPlus, IconTrash, IconUsersGroup } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { ErrorNote } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { useContactRights } from './contact'
import type { Sort } from './contacts-columns'

const readViews = () => call(client.GET('/api/v1/views', { params: { query: { screen: 'contacts' } } }))
export type View = Awaited<ReturnType<typeof readViews>>['items'][number]
export type Shown = { filter: unknown; columns: string[]; sort: Sort }

export function useViews() {
  return useQuery({ queryKey: ['views', 'contacts'], queryFn: readViews, staleTime: 30_000 })
}

/** The kept views of the list: what is shown now can be kept under a name, for oneself or for everybody. */
export function ContactsViews(props: {
  current: string | undefined
  shown: Shown
  onOpen(view: View): void
}) {
  const { current, shown, onOpen } = props
  const queries = useQueryClient()
  const views = useViews()
  const me = useMe().data
  const [naming, setNaming] = useState(false)
  const items = views.data?.items ?? []
  const open = items.find(view => view.id === current)
  const remove = useMutation({
    mutationFn: (view: View) =>
      call(client.DELETE('/api/v1/views/{id}', { params: { path: { id: view.id } } })),
    onSuccess: (_done, view) => {
      void queries.invalidateQueries({ queryKey: ['views'] })
      showUndo(`The view “${view.name}” is gone.`, async () => {
        const { name, definition, shared } = view
        await call(client.POST('/api/v1/views', { body: { screen: 'contacts', name, definition, shared } }))
        await queries.invalidateQueries({ queryKey: ['views'] })
      })
    },
    onError: error => notifications.show({ color: 'red', message: error.message }),
  })
  return (
    <>
      <Menu shadow="md" position="bottom-start" width={280}>
        <Menu.Target>
          <Button variant={open ? 'light' : 'default'} leftSection={<IconBookmark size={16} />}>
            {open?.name ?? 'Views'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {items.length === 0 && <Menu.Label>A view keeps a filter, columns and an order</Menu.Label>}
          {items.map(view => (
            <Menu.Item
              key={view.id}
              onClick={() => onOpen(view)}
              rightSection={view.shared ? <IconUsersGroup size={14} aria-label="shared" /> : null}
            >
              {view.name}
              {view.shared && view.ownerId !== me?.id && (
                <Text span size="xs" c="dimmed">
                  {' '}
                  by {view.ownerName}
                </Text>
              )}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPlus size={14} />} onClick={() => setNaming(true)}>
            Keep what is shown as a view ...
          </Menu.Item>
          {open && (
            <Menu.Item leftSection={<IconTrash size={14} />} color="red" onClick={() => remove.mutate(open)}>
              Delete “{open.name}”
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {naming && <KeepView shown={shown} onClose={() => setNaming(false)} onKept={onOpen} />}
    </>
  )
}

function KeepView({ shown, onClose, onKept }: { shown: Shown; onClose(): void; onKept(view: View): void }) {
  const queries = useQueryClient()
  const rights = useContactRights()
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const keep = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/views', {
          body: { screen: 'contacts', name: name.trim(), shared, definition: shown },
        }),
      ),
    onSuccess: view => {
      void queries.invalidateQueries({ queryKey: ['views'] })
      onKept(view)
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) keep.mutate()
  }
  return (
    <Modal opened onClose={onClose} title="Keep as a view">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            required
            data-autofocus
            placeholder="Leads in Austria"
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <Checkbox
            label="Share it with everybody"
            checked={shared}
            disabled={rights.build !== null}
            onChange={event => setShared(event.currentTarget.checked)}
          />
          {keep.isError && <ErrorNote error={keep.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={keep.isPending} disabled={!name.trim()}>
              Keep the view
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
