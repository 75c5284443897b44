import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconSend } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { ErrorNote } from '@/ui/states'
import { useUsers } from '@/ui/steward'
import { letters, type Settings } from './campaign'

/** Sends a variant to somebody of our own team. */
export function CampaignTestSend(props: {
  id: string
  settings: Settings
  disabled: boolean
  before(): Promise<unknown>
}) {
  const [opened, setOpened] = useState(false)
  const me = useMe()
  const users = useUsers()
  const [to, setTo] = useState<string | null>(null)
  const [variant, setVariant] = useState('1')
  const address = to ?? me.data?.email ?? null
  const send = useMutation({
    mutationFn: async () => {
      await props.before()
      return call(
        client.POST('/api/v1/campaigns/{id}/test', {
          params: { path: { id: props.id } },
          body: { to: address ?? '', variant: Number(variant) },
        }),
      )
    },
    onSuccess: () => {
      notifications.show({ message: `A test is on its way to ${address}.` })
      setOpened(false)
    },
  })
  const { test } = props.settings
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSend size={16} />}
        disabled={props.disabled}
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
          {test && (
            <Select
              label="Variant"
              allowDeselect={false}
              data={test.variants.map((_, place) => ({
                value: String(place + 1),
                label: `Variant ${letters[place]}`,
              }))}
              value={variant}
              onChange={next => next && setVariant(next)}
            />
          )}
          <Text size="sm" c="dimmed">
            Tests go only to people who can sign in here, ten an hour. It is rendered for an invented contact.
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
