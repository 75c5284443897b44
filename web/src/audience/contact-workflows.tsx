import { Anchor, Badge, Button, Group, Paper, Stack, Text, Timeline, Title, Tooltip } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconCheck, IconDoorExit, IconMapPin } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatExact, When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { contactKey, useContactRights } from './contact'
import { EnterWorkflow } from './enter-workflow'

const readStays = (id: string) =>
  call(client.GET('/api/v1/contacts/{id}/workflows', { params: { path: { id } } }))
export type Stay = Awaited<ReturnType<typeof readStays>>['items'][number]

export function useStays(id: string) {
  return useQuery({
    queryKey: contactKey(id, 'workflows'),
    queryFn: () => readStays(id),
    refetchInterval: 10_000,
  })
}

const looks = {
  active: { color: 'tend', icon: IconMapPin, words: 'In it now' },
  done: { color: 'gray', icon: IconCheck, words: 'Went through' },
  left: { color: 'gray', icon: IconDoorExit, words: 'Left' },
  parked: { color: 'red', icon: IconAlertTriangle, words: 'Set aside' },
} as const

export function StayBadge({ status }: { status: Stay['status'] }) {
  const { color, icon: Icon, words } = looks[status]
  return (
    <Badge color={color} c="var(--mantine-color-text)" leftSection={<Icon size={12} aria-hidden />}>
      {words}
    </Badge>
  )
}

/** Every workflow the contact is or was in, the place it stands at, and the way it took. */
export function ContactWorkflows({ id }: { id: string }) {
  const stays = useStays(id)
  const rights = useContactRights()
  const [entering, setEntering] = useState(false)
  return (
    <Stack>
      <Group justify="flex-end">
        <Tooltip label={rights.build} disabled={!rights.build}>
          <Button
            size="compact-sm"
            variant="default"
            disabled={rights.build !== null}
            onClick={() => setEntering(true)}
          >
            Let into a workflow ...
          </Button>
        </Tooltip>
      </Group>
      <Loaded query={stays}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title="In no workflow yet"
              words="Workflows take contacts in by themselves when what they wait for happens: an event, a segment, a form."
            />
          ) : (
            <Stack>
              {items.map(stay => (
                <StayCard key={stay.enrolmentId} stay={stay} />
              ))}
            </Stack>
          )
        }
      </Loaded>
      {entering && <EnterWorkflow contactId={id} onClose={() => setEntering(false)} />}
    </Stack>
  )
}

function StayCard({ stay }: { stay: Stay }) {
  const queries = useQueryClient()
  const rights = useContactRights()
  const [isLong, setLong] = useState(false)
  const act = useMutation({
    mutationFn: (deed: 'out' | 'retry') => {
      const params = { path: { id: stay.workflowId, enrolmentId: stay.enrolmentId } }
      return call(
        deed === 'out'
          ? client.DELETE('/api/v1/workflows/{id}/participants/{enrolmentId}', { params })
          : client.POST('/api/v1/workflows/{id}/participants/{enrolmentId}/retry', { params }),
      )
    },
    onSuccess: (_done, deed) =>
      notifications.show({
        message: deed === 'out' ? `Taken out of “${stay.workflowName}”.` : 'The step is tried again.',
      }),
    onError: error =>
      notifications.show({ color: 'red', title: 'This did not work', message: error.message }),
    onSettled: () => queries.invalidateQueries({ queryKey: contactKey(stay.contactId) }),
  })
  const takeOut = () =>
    modals.openConfirmModal({
      title: `Take out of “${stay.workflowName}”?`,
      children: (
        <Text size="sm">
          What the contact waits for there is cancelled at once; the steps that follow do not happen. What was
          sent stays sent.
        </Text>
      ),
      labels: { confirm: 'Take out', cancel: 'Leave in' },
      confirmProps: { color: 'red' },
      onConfirm: () => act.mutate('out'),
    })
  const isIn = stay.status === 'active' || stay.status === 'parked'
  const hidden = isLong ? 0 : Math.max(0, stay.path.length - 6)
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <div>
            <Group gap="sm">
              <Title order={2}>
                <Anchor component={Link} to={`/workflows/${stay.workflowId}`} inherit>
                  {stay.workflowName}
                </Anchor>
              </Title>
              <StayBadge status={stay.status} />
            </Group>
            <Text size="sm" c="dimmed">
              Version {stay.version}, entered <When at={stay.enteredAt} />
              {stay.endedAt && (
                <>
                  , over <When at={stay.endedAt} />
                </>
              )}
              {stay.endReason && ` (${stay.endReason.replaceAll('_', ' ')})`}
            </Text>
          </div>
          {isIn && (
            <Group gap="xs">
              {stay.status === 'parked' && (
                <Button
                  size="compact-sm"
                  disabled={rights.build !== null}
                  onClick={() => act.mutate('retry')}
                >
                  Try this step again
                </Button>
              )}
              <Button
                size="compact-sm"
                variant="default"
                disabled={rights.build !== null}
                title={rights.build ?? undefined}
                onClick={takeOut}
              >
                Take out
              </Button>
            </Group>
          )}
        </Group>
        {hidden > 0 && (
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => setLong(true)}
            style={{ alignSelf: 'flex-start' }}
          >
            Show {hidden} earlier steps
          </Button>
        )}
        <Timeline
          active={isIn ? stay.path.length - hidden : stay.path.length - hidden - 1}
          bulletSize={18}
          lineWidth={2}
        >
          {stay.path.slice(hidden).map(step => (
            <Timeline.Item key={step.id} bullet={<IconCheck size={11} aria-hidden />}>
              <Text size="sm">{step.place}</Text>
              <Text size="xs" c="dimmed">
                {step.exit !== 'next' &&
                  step.exit !== 'end' &&
                  `The way out: ${step.exit.replaceAll('_', ' ')}, `}
                <When at={step.at} size="xs" />
              </Text>
            </Timeline.Item>
          ))}
          {isIn && (
            <Timeline.Item bullet={<IconMapPin size={11} aria-hidden />}>
              <Text size="sm" fw={600}>
                Stands at: {stay.place}
              </Text>
              <Text size="xs" c="dimmed">
                Since <When at={stay.arrivedAt} size="xs" />
                {stay.wakeAt && `, until ${formatExact(stay.wakeAt)} at the latest`}
                {stay.held && ', held because the workflow is paused'}
              </Text>
            </Timeline.Item>
          )}
        </Timeline>
      </Stack>
    </Paper>
  )
}
