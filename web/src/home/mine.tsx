import { ActionIcon, Anchor, Badge, Box, Group, Paper, Stack, Text, Title, Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconBell, IconCheck, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { RenewButton } from '@/stewardship/renew'
import { formatDay, When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import type { Overview } from './home-screen'
import { MatterLine } from './stuck'

const readReviews = () => call(client.GET('/api/v1/reviews', { params: { query: { mine: 'true' } } }))
const readNotices = () => call(client.GET('/api/v1/notices'))
type Review = Awaited<ReturnType<typeof readReviews>>['items'][number]
type Notice = Awaited<ReturnType<typeof readNotices>>['items'][number]

const upcoming = 3

/** Reviews that are due, what the program had to tell me, and what only I can decide. */
export function Mine({ matters }: { matters: Overview['mine'] }) {
  const reviews = useQuery({ queryKey: ['reviews', 'mine'], queryFn: readReviews })
  const notices = useQuery({ queryKey: ['notices'], queryFn: readNotices, refetchInterval: 60_000 })
  const told = notices.data?.items ?? []
  return (
    <Paper withBorder p="md" style={{ minWidth: 280 }}>
      <Title order={2} mb="sm">
        Waits for you
      </Title>
      <Stack gap="sm">
        {told.slice(0, 5).map(notice => (
          <NoticeLine key={notice.id} notice={notice} />
        ))}
        {matters.map(matter => (
          <MatterLine key={`${matter.words}${matter.where}`} matter={matter} />
        ))}
        <Loaded query={reviews} lines={3}>
          {data => {
            const due = data.items.filter(item => item.overdue)
            const next = data.items.filter(item => !item.overdue).slice(0, due.length > 0 ? 0 : upcoming)
            if (data.items.length === 0 && matters.length === 0 && told.length === 0) {
              return (
                <Text size="sm" c="dimmed">
                  You answer for nothing that is live. When you publish something, its review shows here.
                </Text>
              )
            }
            return (
              <>
                {due.length === 0 && matters.length === 0 && (
                  <Group gap="xs">
                    <IconCheck size={18} color="var(--tend-good)" aria-hidden />
                    <Text size="sm">No review is due.</Text>
                  </Group>
                )}
                {[...due, ...next].map(item => (
                  <ReviewLine key={`${item.kind}${item.id}`} item={item} />
                ))}
              </>
            )
          }}
        </Loaded>
      </Stack>
    </Paper>
  )
}

function NoticeLine({ notice }: { notice: Notice }) {
  const queries = useQueryClient()
  const read = useMutation({
    mutationFn: () => call(client.POST('/api/v1/notices/{id}/read', { params: { path: { id: notice.id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notices'] }),
  })
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Box
        mt={2}
        style={{
          flex: 'none',
          color: notice.kind === 'review_due' ? 'var(--mantine-color-dimmed)' : 'var(--tend-bad)',
        }}
      >
        {notice.kind === 'review_due' ? (
          <IconBell size={16} aria-label="Reminder" />
        ) : (
          <IconAlertTriangle size={16} aria-label="Important" />
        )}
      </Box>
      <Box style={{ flex: 1 }}>
        <Anchor component={Link} to={`/${notice.subjectKind}/${notice.subjectId}`} size="sm">
          {notice.words}
        </Anchor>{' '}
        <When at={notice.at} size="xs" />
      </Box>
      <Tooltip label="Put away">
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label="Put this notice away"
          loading={read.isPending}
          onClick={() => read.mutate()}
        >
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
    </Group>
  )
}

function ReviewLine({ item }: { item: Review }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Anchor component={Link} to={`/${item.kind}/${item.id}`} size="sm">
        {item.name}
      </Anchor>
      {item.overdue ? (
        <Group gap="xs" wrap="nowrap">
          <Badge color="red" leftSection={<IconAlertTriangle size={12} aria-hidden />}>
            {item.paused ? 'Paused, untended' : 'Review is due'}
          </Badge>
          <RenewButton item={item} />
        </Group>
      ) : (
        <Text size="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
          review on {formatDay(item.reviewOn)}
        </Text>
      )}
    </Group>
  )
}
