import { Badge } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconPlayerPause, IconX } from '@tabler/icons-react'

type Given = { state: 'on' | 'off' | 'disabled'; failingSince: string | null }

/** How an endpoint is doing: colour, shape and word together. */
export function WebhookState({ state, failingSince }: Given) {
  if (state === 'disabled')
    return (
      <Badge color="red" leftSection={<IconX size={12} aria-hidden />}>
        Given up
      </Badge>
    )
  if (state === 'off')
    return (
      <Badge
        color="gray"
        c="var(--mantine-color-text)"
        leftSection={<IconPlayerPause size={12} aria-hidden />}
      >
        Off
      </Badge>
    )
  return failingSince ? (
    <Badge
      color="yellow"
      c="var(--mantine-color-text)"
      leftSection={<IconAlertTriangle size={12} aria-hidden />}
    >
      Failing
    </Badge>
  ) : (
    <Badge color="tend" leftSection={<IconCheck size={12} aria-hidden />}>
      On
    </Badge>
  )
}
