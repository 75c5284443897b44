import { ActionIcon, Code, Group, Menu, Modal, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconDots } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { Loaded } from '@/ui/states'
import { SessionTable } from './account-sessions'
import { Copy } from './show-once'
import { CloseAccount } from './team-close'

export type Person = { id: string; name: string; active: boolean; secondFactor: boolean }

/** What an administrator can do for somebody, and about him. */
export function PersonMenu({ person }: { person: Person }) {
  const [shown, setShown] = useState<'sessions' | 'close' | null>(null)
  const [link, setLink] = useState<string | null>(null)
  const { reset, dropFactor, reopen } = usePersonDeeds(person, setLink)
  const askDrop = () =>
    modals.openConfirmModal({
      title: `Take the second factor off ${person.name}?`,
      children: (
        <Text size="sm">
          Do it when the app and the recovery codes are lost, and only after you have spoken to {person.name}.
          All open sessions end.
        </Text>
      ),
      labels: { confirm: 'Take it off', cancel: 'Leave it on' },
      confirmProps: { color: 'red' },
      onConfirm: () => dropFactor.mutate(),
    })
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`What can be done about ${person.name}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {person.active ? (
            <>
              <Menu.Item onClick={() => reset.mutate()}>Make a link to set a new password</Menu.Item>
              <Menu.Item onClick={() => setShown('sessions')}>Where signed in</Menu.Item>
              {person.secondFactor && <Menu.Item onClick={askDrop}>Take the second factor off</Menu.Item>}
              <Menu.Item color="red" onClick={() => setShown('close')}>
                Close the account
              </Menu.Item>
            </>
          ) : (
            <Menu.Item onClick={() => reopen.mutate()}>Open the account again</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={link !== null} onClose={() => setLink(null)} title={`A link for ${person.name}`}>
        <Stack>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {link}
          </Code>
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm">
              It sets a new password, once, within a day. Hand it over in person or by phone.
            </Text>
            {link && <Copy text={link} />}
          </Group>
        </Stack>
      </Modal>
      <Modal
        opened={shown === 'sessions'}
        onClose={() => setShown(null)}
        title={`Where ${person.name} is signed in`}
        size="lg"
      >
        <Sessions id={person.id} />
      </Modal>
      <CloseAccount person={person} opened={shown === 'close'} onClose={() => setShown(null)} />
    </>
  )
}

function usePersonDeeds(person: Person, onLink: (link: string) => void) {
  const queries = useQueryClient()
  const params = { path: { id: person.id } }
  const after = {
    onError: (error: Error) =>
      notifications.show({ color: 'red', title: 'Not done', message: error.message }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['users'] }),
  }
  return {
    reset: useMutation({
      mutationFn: () => call(client.POST('/api/v1/users/{id}/reset-link', { params })),
      ...after,
      onSuccess: made => onLink(made.resetLink),
    }),
    dropFactor: useMutation({
      mutationFn: () => call(client.DELETE('/api/v1/users/{id}/second-factor', { params })),
      ...after,
    }),
    reopen: useMutation({
      mutationFn: () => call(client.PATCH('/api/v1/users/{id}', { params, body: { active: true } })),
      ...after,
    }),
  }
}

function Sessions({ id }: { id: string }) {
  const queries = useQueryClient()
  const sessions = useQuery({
    queryKey: ['sessions-of', id],
    queryFn: () => call(client.GET('/api/v1/users/{id}/sessions', { params: { path: { id } } })),
  })
  const end = useMutation({
    mutationFn: (sessionId: string) =>
      call(client.DELETE('/api/v1/users/{id}/sessions/{sessionId}', { params: { path: { id, sessionId } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions-of', id] }),
  })
  return (
    <Loaded query={sessions} lines={3}>
      {data =>
        data.items.length === 0 ? (
          <Text size="sm">Nowhere at the moment.</Text>
        ) : (
          <SessionTable items={data.items} onEnd={sessionId => end.mutate(sessionId)} />
        )
      }
    </Loaded>
  )
}
