import { Badge } from '@mantine/core'
import { IconArchive, IconPencil, IconPlayerPause, IconPointFilled } from '@tabler/icons-react'

const looks = {
  draft: { color: 'gray', icon: IconPencil, words: 'Draft' },
  live: { color: 'tend', icon: IconPointFilled, words: 'Live' },
  paused: { color: 'yellow', icon: IconPlayerPause, words: 'Paused' },
  archived: { color: 'gray', icon: IconArchive, words: 'Archived' },
} as const

/** The state of a definition: colour, shape and word together. */
export function Status({ status }: { status: keyof typeof looks }) {
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
