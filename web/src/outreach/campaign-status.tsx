import { Badge } from '@mantine/core'
import {
  IconCheck,
  IconClock,
  IconPencil,
  IconPlayerPause,
  IconPlayerStop,
  IconSend,
} from '@tabler/icons-react'
import type { Campaign } from './campaign'

const looks = {
  draft: { color: 'gray', icon: IconPencil, words: 'Draft' },
  scheduled: { color: 'blue', icon: IconClock, words: 'Scheduled' },
  running: { color: 'tend', icon: IconSend, words: 'Running' },
  paused: { color: 'yellow', icon: IconPlayerPause, words: 'Paused' },
  stopped: { color: 'red', icon: IconPlayerStop, words: 'Stopped' },
  finished: { color: 'tend', icon: IconCheck, words: 'Finished' },
} as const

/** Where a campaign stands: colour, shape and word together. */
export function CampaignStatus({ status }: { status: Campaign['status'] }) {
  const { color, icon: Icon, words } = looks[status]
  return (
    <Badge
      color={color}
      leftSection={<Icon size={12} aria-hidden />}
      c={color === 'tend' ? undefined : 'var(--mantine-color-text)'}
    >
      {words}
    </Badge>
  )
}
