import { Button, Group, Modal, Stack, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import {
  IconArrowBackUp,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
} from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { type Campaign, type Results, useSendReason } from './campaign'

type Props = { campaign: Campaign; results: Results | null; onReload(): void }

/** Take back, pause, go on, stop, try again: only what fits the state. */
export function CampaignControls({ campaign, results, onReload }: Props) {
  const reason = useSendReason()
  const [stopping, setStopping] = useState(false)
  const params = { path: { id: campaign.id } }
  const verbs = {
    withdraw: () => call(client.POST('/api/v1/campaigns/{id}/withdraw', { params })),
    pause: () => call(client.POST('/api/v1/campaigns/{id}/pause', { params })),
    resume: () => call(client.POST('/api/v1/campaigns/{id}/resume', { params })),
    stop: () => call(client.POST('/api/v1/campaigns/{id}/stop', { params })),
    retry: () => call(client.POST('/api/v1/campaigns/{id}/retry-failed', { params })),
  }
  const say = useMutation({
    mutationFn: (verb: keyof typeof verbs): Promise<unknown> => verbs[verb](),
    onSuccess: () => {
      setStopping(false)
      onReload()
    },
    onError: error => notifications.show({ color: 'red', message: error.message }),
  })
  const { status } = campaign
  const failed = results?.states.failed ?? 0
  const left = ['waiting', 'queued', 'deferred'].reduce(
    (sum, state) => sum + (results?.states[state] ?? 0),
    0,
  )
  const button = (verb: keyof typeof verbs, words: string, icon: React.ReactNode) => (
    <Tooltip label={reason} disabled={!reason}>
      <Button
        variant="default"
        leftSection={icon}
        disabled={reason !== null}
        loading={say.isPending && say.variables === verb}
        onClick={() => say.mutate(verb)}
      >
        {words}
      </Button>
    </Tooltip>
  )
  return (
    <>
      {status === 'scheduled' && button('withdraw', 'Take it back', <IconArrowBackUp size={16} />)}
      {status === 'running' && button('pause', 'Pause', <IconPlayerPause size={16} />)}
      {status === 'paused' && button('resume', 'Go on', <IconPlayerPlay size={16} />)}
      {failed > 0 &&
        ['running', 'paused', 'finished'].includes(status) &&
        button('retry', `Try the ${formatNumber(failed)} that failed again`, <IconRefresh size={16} />)}
      {(status === 'running' || status === 'paused') && (
        <Button
          variant="light"
          color="red"
          leftSection={<IconPlayerStop size={16} />}
          disabled={reason !== null}
          onClick={() => setStopping(true)}
        >
          Stop
        </Button>
      )}
      <Modal opened={stopping} onClose={() => setStopping(false)} title={`Stop “${campaign.name}”`}>
        <Stack>
          <Text>
            About <b>{formatNumber(left)}</b> who have not got it will not get it any more. This cannot be
            undone; to go on later, pause it instead.
          </Text>
          {say.isError && <ErrorNote error={say.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setStopping(false)}>
              Let it run
            </Button>
            <Button color="red" loading={say.isPending} onClick={() => say.mutate('stop')}>
              Stop it for good
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
