import { Anchor, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber, personName } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { type Filter, isFinished } from './filter'

const ask = (filter: Filter) =>
  call(client.POST('/api/v1/segments/preview', { body: { filter: filter as never } }))
type Preview = Awaited<ReturnType<typeof ask>>

/** Who matches a filter right now; asked again shortly after each change, the last answer stays meanwhile. */
export function usePreview(filter: Filter): UseQueryResult<Preview> {
  const [settled] = useDebouncedValue(filter, 350)
  return useQuery({
    queryKey: ['preview', settled],
    queryFn: () => ask(settled),
    placeholderData: keepPreviousData,
    retry: false,
    enabled: isFinished(settled),
  })
}

/** The live count, the sentence and a sample of ten. */
export function SegmentPreview({ preview }: { preview: UseQueryResult<Preview> }) {
  return (
    <Paper
      withBorder
      p="md"
      style={{ alignSelf: 'start', opacity: preview.isPlaceholderData ? 0.6 : 1 }}
      aria-live="polite"
    >
      <Stack gap="sm">
        {preview.isError && <ErrorNote error={preview.error} />}
        {preview.isPending && <Skeleton height={32} width={160} />}
        {preview.data && (
          <>
            <Title order={2} className="numbers">
              {preview.data.exact ? '' : 'About '}
              {formatNumber(preview.data.count)}{' '}
              {preview.data.count === 1 ? 'contact matches' : 'contacts match'}
            </Title>
            <Text size="sm">{preview.data.sentence}</Text>
            {preview.data.sample.length > 0 && (
              <Stack gap={6} mt="xs">
                <Text size="sm" fw={600}>
                  Some of them
                </Text>
                {preview.data.sample.map(person => (
                  <Anchor
                    key={person.id}
                    component={Link}
                    to={`/contacts/${person.id}`}
                    size="sm"
                    c="inherit"
                  >
                    {personName(person)}
                    <Text span size="sm" c="dimmed">
                      {' '}
                      {person.email}
                    </Text>
                  </Anchor>
                ))}
              </Stack>
            )}
          </>
        )}
      </Stack>
    </Paper>
  )
}
