import { Button, Chip, Group, Stack, Text, Title } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatDay } from '@/ui/format'
import { Empty } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { contactKey } from './contact'
import { groups } from './timeline-groups'
import { type Item, TimelineItem } from './timeline-item'

/** One story of everything: what the person did, what we concluded, what we said. Newest first. */
export function ContactTimeline({ id }: { id: string }) {
  const search = useSearch({ strict: false }) as { show?: string }
  const go = useNavigate()
  const chosen = (search.show ?? '').split(',').filter(Boolean)
  const kinds = useQuery({
    queryKey: ['event-types'],
    queryFn: () => call(client.GET('/api/v1/events/types')),
    staleTime: 600_000,
  })
  const types = chosenTypes(kinds.data?.items.map(kind => kind.type) ?? [], chosen)
  const list = useInfiniteQuery({
    queryKey: contactKey(id, 'timeline', types.join()),
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/contacts/{id}/timeline', {
          params: {
            path: { id },
            query: {
              limit: 50,
              ...(types.length > 0 ? { types: types.join() } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    enabled: chosen.length === 0 || types.length > 0,
    refetchInterval: query => (query.state.data && query.state.data.pages.length > 1 ? false : 5_000),
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Stack>
      <Chip.Group
        multiple
        value={chosen}
        onChange={next =>
          void go({ to: '.', search: { ...search, show: next.join() || undefined } as never, replace: true })
        }
      >
        <Group gap={6} role="group" aria-label="Show only">
          {groups.map(group => (
            <Chip key={group.key} value={group.key} size="xs" variant="outline">
              {group.title}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {list.isPending && <Waiting lines={10} />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={chosen.length > 0 ? 'Nothing of this kind' : 'Nothing has happened yet'}
          words={
            chosen.length > 0
              ? 'This contact has a story, but nothing of what is chosen above.'
              : 'Page views, events, messages, segments and scores will show here within a second.'
          }
          {...(chosen.length > 0
            ? {
                action: {
                  label: 'Show everything',
                  onClick: () =>
                    void go({ to: '.', search: { ...search, show: undefined } as never, replace: true }),
                },
              }
            : {})}
        />
      )}
      {byDay(items).map(([day, ofDay]) => (
        <section key={day} aria-label={formatDay(day)}>
          <Title order={3} fz="sm" c="dimmed" pb={4} style={{ borderBottom: '1px solid var(--tend-line)' }}>
            {formatDay(day)}
          </Title>
          {ofDay.map(item => (
            <TimelineItem key={item.id} contactId={id} item={item} />
          ))}
        </section>
      ))}
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show earlier
          </Button>
        </Group>
      )}
      {list.isSuccess && items.length > 0 && !list.hasNextPage && (
        <Text size="xs" c="dimmed" ta="center">
          That is where the story begins.
        </Text>
      )}
    </Stack>
  )
}

function chosenTypes(known: string[], chosen: string[]): string[] {
  const prefixes = groups.filter(group => chosen.includes(group.key)).flatMap(group => group.prefixes)
  return known.filter(type => prefixes.some(prefix => type.startsWith(`${prefix}.`)))
}

/** Days of the viewer's own zone. */
function byDay(items: Item[]): [string, Item[]][] {
  const days = new Map<string, Item[]>()
  for (const item of items) {
    const at = new Date(item.at)
    const day = `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`
    days.set(day, [...(days.get(day) ?? []), item])
  }
  return [...days]
}
