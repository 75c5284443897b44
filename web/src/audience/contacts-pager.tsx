import { Button, Group } from '@mantine/core'
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react'
import { useNavigate, useRouter, useRouterState } from '@tanstack/react-router'
import type { Sort } from './contacts-columns'

/** What is asked of the list, as it stands in the address. */
export type Search = { q?: string; filter?: string; sort?: Sort; after?: string; view?: string }

/** Pages by key: forward by the key in the address, back by the way one came. */
export function Pager({
  next,
  isFirst,
  busy,
  search,
}: {
  next: string | null
  isFirst: boolean
  busy: boolean
  search: Search
}) {
  const go = useNavigate()
  const { history } = useRouter()
  const cameFrom = useRouterState({
    select: state => (state.location.state as { paged?: number }).paged ?? 0,
  })
  const { after: _, ...rest } = search
  const back = () => (cameFrom > 0 ? history.back() : void go({ to: '/contacts', search: rest }))
  return (
    <Group justify="center" gap="xs">
      <Button variant="default" leftSection={<IconArrowLeft size={16} />} disabled={isFirst} onClick={back}>
        {cameFrom > 0 || isFirst ? 'Previous page' : 'First page'}
      </Button>
      <Button
        variant="default"
        rightSection={<IconArrowRight size={16} />}
        disabled={!next}
        loading={busy}
        onClick={() =>
          void go({
            to: '/contacts',
            search: { ...rest, after: next ?? '' },
            state: { paged: cameFrom + 1 } as never,
            resetScroll: true,
          })
        }
      >
        Next page
      </Button>
    </Group>
  )
}
