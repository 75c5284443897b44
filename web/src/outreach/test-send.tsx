import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconSend } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { ErrorNote } from '@/ui/states'
import { useUsers } from '@/ui/steward'

/** Sends the draft to somebody of our own team, through the same gate and the same renderer as the real thing. */
export function TestSend({
  id,
  contactId,
  disabled,
  before,
}: {
  id: string
  contactId: string | null
  disabled: boolean
  before(): Promise<unknown>
}) {
  const [opened, setOpened] = useState(false)
  const me = useMe()
  const users = useUsers()
  const [to, setTo] = useState<string | null>(null)
  const address = to ?? me.data?.email ?? null
  const send = useMutation({
    mutationFn: async () => {
      await before()
      return call(
        client.POST('/api/v1/emails/{id}/test', {
          params: { path: { id } },
          body: { to: address ?? '', contactId },
        }),
      )
    },
    onSuccess: () => {
      notifications.show({ message: `A test is on its way to ${address}.` })
      setOpened(false)
    },
  })
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSend size={16} />}
        disabled={disabled}
        onClick={() => setOpened(true)}
      >
        Send a test
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Send a test">
        <Stack>
          <Select
            label="To"
            searchable
            data={(users.data?.items ?? [])
              .filter(user => user.active)
              .map(user => ({ value: user.email, label: `${user.name} (${user.email})` }))}
            value={address}
            onChange={setTo}
          />
          <Text size="sm" c="dimmed">
            Tests go only to people who can sign in here, ten an hour. It is rendered{' '}
            {contactId ? 'as the contact you chose' : 'for an invented contact'}.
          </Text>
          {send.isError && <ErrorNote error={send.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpened(false)}>
              Cancel
            </Button>
            <Button loading={send.isPending} disabled={!address} onClick={() => send.mutate()}>
              Send the test
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
