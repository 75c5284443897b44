import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ErrorNote, Loaded } from '@/ui/states'
import { useUsers } from '@/ui/steward'

type Person = { id: string; name: string }

/** Closes an account; what its holder answers for is offered to somebody else first. */
export function CloseAccount(props: { person: Person; opened: boolean; onClose(): void }) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Close the account of ${props.person.name}`}>
      {props.opened && <Closing {...props} />}
    </Modal>
  )
}

function Closing({ person, onClose }: { person: Person; onClose(): void }) {
  const queries = useQueryClient()
  const users = useUsers()
  const params = { path: { id: person.id } }
  const [heir, setHeir] = useState<string | null>(null)
  const owned = useQuery({
    queryKey: ['owned', person.id],
    queryFn: () => call(client.GET('/api/v1/users/{id}/owned', { params })),
  })
  const close = useMutation({
    mutationFn: async () => {
      if (heir) await call(client.POST('/api/v1/users/{id}/hand-over', { params, body: { toId: heir } }))
      return call(client.PATCH('/api/v1/users/{id}', { params, body: { active: false } }))
    },
    onSuccess: async () => {
      notifications.show({ message: `${person.name} cannot sign in any more.` })
      await queries.invalidateQueries({ queryKey: ['users'] })
      onClose()
    },
  })
  const heirs = (users.data?.items ?? []).filter(user => user.active && user.id !== person.id)
  return (
    <Stack>
      <Text size="sm">
        Every open session ends at once, and so do the API keys that {person.name} made. What was done stays
        in the audit. The account can be opened again.
      </Text>
      <Loaded query={owned} lines={2}>
        {data =>
          data.items.length === 0 ? (
            <Text size="sm">Nothing that is kept here depends on {person.name}.</Text>
          ) : (
            <Select
              label={`${person.name} answers for ${data.items.map(item => `${item.count} ${item.kind}`).join(', ')}`}
              description="Who takes over? Without somebody, they show up under Stewardship."
              placeholder="Nobody yet"
              searchable
              clearable
              data={heirs.map(user => ({ value: user.id, label: user.name }))}
              value={heir}
              onChange={setHeir}
            />
          )
        }
      </Loaded>
      {close.isError && <ErrorNote error={close.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Keep it open
        </Button>
        <Button color="red" loading={close.isPending} onClick={() => close.mutate()}>
          {heir ? 'Hand over and close' : 'Close the account'}
        </Button>
      </Group>
    </Stack>
  )
}
