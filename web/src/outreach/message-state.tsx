import { Badge } from '@mantine/core'
import { IconAlertTriangle, IconBan, IconCheck, IconClock, IconHelp, IconSend } from '@tabler/icons-react'
import type { ComponentType } from 'react'

export const messageStates = [
  'queued',
  'sending',
  'sent',
  'failed',
  'deferred',
  'unknown',
  'suppressed',
  'cancelled',
] as const
export type MessageState = (typeof messageStates)[number]

const looks: Record<MessageState, { color: string; icon: ComponentType<{ size?: number }>; words: string }> =
  {
    queued: { color: 'gray', icon: IconClock, words: 'Queued' },
    sending: { color: 'blue', icon: IconSend, words: 'Sending' },
    sent: { color: 'tend', icon: IconCheck, words: 'Sent' },
    failed: { color: 'red', icon: IconAlertTriangle, words: 'Failed' },
    deferred: { color: 'yellow', icon: IconClock, words: 'Put off' },
    unknown: { color: 'orange', icon: IconHelp, words: 'Nobody knows' },
    suppressed: { color: 'gray', icon: IconBan, words: 'Held back' },
    cancelled: { color: 'gray', icon: IconBan, words: 'Taken back' },
  }

/** What became of a message: colour, shape and word. */
export function MessageStateBadge({ state }: { state: MessageState }) {
  const { color, icon: Icon, words } = looks[state]
  return (
    <Badge color={color} c="var(--mantine-color-text)" leftSection={<Icon size={12} />}>
      {words}
    </Badge>
  )
}

export const stateWords = (state: MessageState) => looks[state].words
