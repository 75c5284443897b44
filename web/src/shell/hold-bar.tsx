import { Box, Button, Checkbox, Group, List, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconPlayerPause } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatMinute, formatNumber } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { useMe } from './me'

export function useHold() {
  return useQuery({
    queryKey: ['hold'],
    queryFn: () => call(client.GET('/api/v1/system/hold')),
    refetchInterval: 30_000,
  })
}

/** On every screen of an installation that was restored: nothing leaves until somebody arms it. */
export function HoldBar() {
  const held = useHold().data
  const role = useMe().data?.role
  const [opened, { open, close }] = useDisclosure()
  if (!held?.hold) return null
  const mayArm = role === 'owner' || role === 'admin'
  const { backupAt, words } = held.hold
  return (
    <Box
      component="section"
      aria-label="Sending is held"
      px="md"
      py={6}
      style={{
        background: 'light-dark(#ffe9e4, #3a1b15)',
        borderBottom: '1px solid light-dark(#f0b9aa, #6b3226)',
        color: 'light-dark(#5b1a0c, #ffd9cf)',
      }}
    >
      <Group gap="sm" justify="space-between">
        <Group gap="xs" style={{ flex: 1, minWidth: 200 }} wrap="nowrap">
          <IconPlayerPause size={16} aria-hidden style={{ flex: 'none' }} />
          <Text size="sm">
            <b>Sending is held</b>: {words}
            {backupAt ? ` of ${formatMinute(backupAt)}` : ''}. No mail leaves, no webhook is called and no
            waiting step goes on.
          </Text>
        </Group>
        <Button
          size="compact-sm"
          variant="default"
          disabled={!mayArm}
          title={mayArm ? undefined : 'Only owners and admins can arm Tend'}
          onClick={open}
        >
          Arm ...
        </Button>
      </Group>
      <ArmDialog opened={opened} onClose={close} waiting={held.waiting} />
    </Box>
  )
}

type Waiting = { words: string; count: number }[]

function ArmDialog({ opened, onClose, waiting }: { opened: boolean; onClose(): void; waiting: Waiting }) {
  const queries = useQueryClient()
  const [dropQueued, setDrop] = useState(true)
  const arm = useMutation({
    mutationFn: () => call(client.POST('/api/v1/system/arm', { body: { dropQueued } })),
    onSuccess: ({ cancelled }) => {
      onClose()
      notifications.show({
        message:
          cancelled > 0
            ? `Tend is armed. ${formatNumber(cancelled)} queued messages were cancelled.`
            : 'Tend is armed.',
      })
    },
    onSettled: () => queries.invalidateQueries(),
  })
  return (
    <Modal opened={opened} onClose={onClose} title="Arm Tend" size="lg">
      <Stack>
        <Text size="sm">
          Arm it only if the installation that this copy was made from no longer runs: two that run write to
          the same people twice.
        </Text>
        <Box>
          <Text size="sm" fw={600}>
            What waits now
          </Text>
          {waiting.length === 0 ? (
            <Text size="sm">Nothing is queued and nothing is due.</Text>
          ) : (
            <List size="sm">
              {waiting.map(each => (
                <List.Item key={each.words}>
                  <b className="numbers">{formatNumber(each.count)}</b> {each.words}
                </List.Item>
              ))}
            </List>
          )}
        </Box>
        <Checkbox
          checked={dropQueued}
          onChange={event => setDrop(event.currentTarget.checked)}
          label="Cancel the messages that were in the queue already"
          description="The original has most likely sent them since the backup. Steps whose time has come go on either way."
        />
        {arm.isError && <ErrorNote error={arm.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep holding
          </Button>
          <Button color="red" loading={arm.isPending} onClick={() => arm.mutate()}>
            Arm and go on
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
