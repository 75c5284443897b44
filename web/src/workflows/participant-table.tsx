import { Anchor, Badge, Button, Group, Table, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import {
  IconAlertTriangle,
  IconCheck,
  IconDoorExit,
  IconPlayerPause,
  IconPointFilled,
} from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'

export type StayStatus = 'active' | 'done' | 'left' | 'parked'
export const readParticipants = (
  id: string,
  query: { limit: number; status?: StayStatus; node?: string; cursor?: string },
) => call(client.GET('/api/v1/workflows/{id}/participants', { params: { path: { id }, query } }))
type Participant = Awaited<ReturnType<typeof readParticipants>>['items'][number]

const looks = {
  active: { words: 'In it', color: 'tend', icon: IconPointFilled },
  done: { words: 'Finished', color: 'gray', icon: IconCheck },
  left: { words: 'Left early', color: 'gray', icon: IconDoorExit },
  parked: { words: 'Set aside', color: 'red', icon: IconAlertTriangle },
} as const

type Props = { items: Participant[]; isPaused: boolean; reason: string | null; onChanged(): Promise<unknown> }

export function ParticipantTable({ items, isPaused, reason, onChanged }: Props) {
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table highlightOnHover verticalSpacing="xs" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Contact</Table.Th>
            <Table.Th>Stands at</Table.Th>
            <Table.Th>Since</Table.Th>
            <Table.Th>Goes on</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Came in</Table.Th>
            <Table.Th>
              <VisuallyHidden>What can be done</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(stay => (
            <Table.Tr key={stay.enrolmentId}>
              <Table.Td maw={240}>
                <Anchor
                  component={Link}
                  to={`/contacts/${stay.contactId}`}
                  size="sm"
                  fw={600}
                  truncate
                  display="block"
                >
                  {stay.contactName ?? stay.contactEmail ?? 'Somebody without a name'}
                </Anchor>
                {stay.contactName && (
                  <Text size="xs" c="dimmed" truncate>
                    {stay.contactEmail}
                  </Text>
                )}
              </Table.Td>
              <Table.Td maw={300}>
                <Text size="sm" lineClamp={2}>
                  {stay.place}
                </Text>
                <Text size="xs" c="dimmed">
                  version {stay.version}
                </Text>
              </Table.Td>
              <Table.Td>
                <When at={stay.endedAt ?? stay.arrivedAt} />
              </Table.Td>
              <Table.Td>
                <GoesOn stay={stay} isPaused={isPaused} />
              </Table.Td>
              <Table.Td>
                <State stay={stay} />
              </Table.Td>
              <Table.Td>
                <When at={stay.enteredAt} />
              </Table.Td>
              <Table.Td ta="right">
                <Deeds stay={stay} reason={reason} onChanged={onChanged} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function GoesOn({ stay, isPaused }: { stay: Participant; isPaused: boolean }) {
  if (stay.status !== 'active') return <>-</>
  if (stay.held || isPaused) {
    return (
      <Badge
        color="yellow"
        c="var(--mantine-color-text)"
        leftSection={<IconPlayerPause size={12} aria-hidden />}
      >
        After the pause
      </Badge>
    )
  }
  return stay.wakeAt ? <When at={stay.wakeAt} /> : <Text size="sm">in a moment</Text>
}

function State({ stay }: { stay: Participant }) {
  const { words, color, icon: Icon } = looks[stay.status]
  return (
    <>
      <Badge color={color} leftSection={<Icon size={12} aria-hidden />} c="var(--mantine-color-text)">
        {words}
      </Badge>
      {stay.endReason && (
        <Text size="xs" c="dimmed" maw={220} lineClamp={2}>
          {stay.endReason}
        </Text>
      )}
    </>
  )
}

function Deeds({
  stay,
  reason,
  onChanged,
}: {
  stay: Participant
  reason: string | null
  onChanged(): Promise<unknown>
}) {
  const params = { path: { id: stay.workflowId, enrolmentId: stay.enrolmentId } }
  const failed = (error: unknown) =>
    notifications.show({
      color: 'red',
      title: 'This did not work',
      message: error instanceof Error ? error.message : '',
    })
  const takeOut = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/workflows/{id}/participants/{enrolmentId}', { params })),
    onSuccess: async () => {
      notifications.show({ message: `${stay.contactName ?? 'The contact'} was taken out.` })
      await onChanged()
    },
    onError: failed,
  })
  const retry = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/workflows/{id}/participants/{enrolmentId}/retry', { params })),
    onSuccess: async () => {
      notifications.show({ message: `${stay.contactName ?? 'The contact'} tries the step again.` })
      await onChanged()
    },
    onError: failed,
  })
  if (stay.status !== 'active' && stay.status !== 'parked') return null
  const name = stay.contactName ?? stay.contactEmail ?? 'this contact'
  const ask = () =>
    modals.openConfirmModal({
      title: `Take ${name} out?`,
      children: (
        <Text size="sm">
          What was prepared for this stay is cancelled at once: nothing more is sent by it. Coming in again
          follows the workflow’s own rule.
        </Text>
      ),
      labels: { confirm: 'Take out', cancel: 'Not now' },
      onConfirm: () => takeOut.mutate(),
    })
  return (
    <Tooltip label={reason} disabled={!reason}>
      <Group gap={6} justify="flex-end" wrap="nowrap">
        {stay.status === 'parked' && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={reason !== null}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
            aria-label={`Try again: ${name}`}
          >
            Try again
          </Button>
        )}
        {stay.status === 'active' && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={reason !== null}
            loading={takeOut.isPending}
            onClick={ask}
            aria-label={`Take out ${name}`}
          >
            Take out
          </Button>
        )}
      </Group>
    </Tooltip>
  )
}
