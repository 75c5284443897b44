import { Badge, Button, Group, SegmentedControl, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useList } from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import type { LeadState, Whose } from './lead'
import { LeadCard } from './lead-card'

const states: { value: LeadState; label: string }[] = [
  { value: 'open', label: 'Waiting' },
  { value: 'accepted', label: 'Accepted' },
  { value: 'returned', label: 'Returned' },
]
const empty: Record<LeadState, { title: string; words: string }> = {
  open: {
    title: 'Nobody is waiting',
    words:
      'When an alert or a workflow hands somebody to you, he or she is here with what happened, to be taken or returned.',
  },
  accepted: {
    title: 'Nothing accepted yet',
    words: 'Leads that were taken stand here, the hottest moment first.',
  },
  returned: { title: 'Nothing returned', words: 'What goes back to marketing stands here with its reason.' },
}

/** The feed of sales: who is hot, what he or she did, and take it or give it back. */
export function LeadsScreen() {
  const go = useNavigate()
  const search = useSearch({ strict: false }) as { state?: LeadState; whose?: Whose }
  const { state = 'open', whose = 'mine' } = search
  const list = useList(
    ['leads', state, whose],
    query => call(client.GET('/api/v1/leads', { params: { query: { ...query, state, whose } } })),
    15_000,
  )
  const counts = useQuery({
    queryKey: ['leads', 'counts', whose],
    queryFn: () => call(client.GET('/api/v1/leads/counts', { params: { query: { whose } } })),
    refetchInterval: 15_000,
  })
  const show = (next: object) => void go({ to: '.', search: { ...search, ...next } as never, replace: true })
  return (
    <Page
      title="Leads"
      words="People worth a call now, with what they did last. Take a lead, or return it and say why: marketing learns from it."
      actions={
        <SegmentedControl
          size="sm"
          aria-label="Whose leads"
          data={[
            { value: 'mine', label: 'Mine' },
            { value: 'all', label: 'Everybody’s' },
          ]}
          value={whose}
          onChange={next => show({ whose: next })}
        />
      }
    >
      <Tabs value={state} onChange={next => show({ state: next ?? 'open' })} keepMounted={false}>
        <Tabs.List>
          {states.map(({ value, label }) => (
            <Tabs.Tab
              key={value}
              value={value}
              rightSection={
                counts.data ? (
                  <Badge size="sm" variant="default">
                    {counts.data[value] >= 1000 ? '1,000+' : counts.data[value]}
                  </Badge>
                ) : null
              }
            >
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={state} pt="md">
          <Stack gap="sm" maw={920}>
            {list.query.isPending && <Waiting />}
            {list.query.isError && (
              <ErrorNote error={list.query.error} onRetry={() => void list.query.refetch()} />
            )}
            {list.query.isSuccess && list.items.length === 0 && (
              <Empty {...empty[state]}>
                {whose === 'mine' && (counts.data?.[state] ?? 0) === 0 && (
                  <Text component="div" size="sm">
                    <Button size="compact-sm" variant="subtle" onClick={() => show({ whose: 'all' })}>
                      See everybody’s
                    </Button>
                  </Text>
                )}
              </Empty>
            )}
            {list.items.map(lead => (
              <LeadCard key={lead.id} lead={lead} whose={whose} />
            ))}
            {list.query.hasNextPage && (
              <Group justify="center">
                <Button
                  variant="default"
                  loading={list.query.isFetchingNextPage}
                  onClick={() => void list.query.fetchNextPage()}
                >
                  Show more
                </Button>
              </Group>
            )}
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
