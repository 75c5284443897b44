import { Alert, Box, Code, Group, Paper, SegmentedControl, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ContactPicker } from '@/ui/contact-picker'
import { ErrorNote, Waiting } from '@/ui/states'
import { EmailFrame } from './email-frame'
import type { EmailDraft } from './email-screen'

const ask = (id: string, draft: EmailDraft, contactId: string | null) =>
  call(client.POST('/api/v1/emails/{id}/preview', { params: { path: { id } }, body: { draft, contactId } }))
type Preview = Awaited<ReturnType<typeof ask>>

/** The draft as a person would get it, shortly after each change; the last picture stays meanwhile. */
export function usePreview(id: string, draft: EmailDraft, contactId: string | null): UseQueryResult<Preview> {
  const [settled] = useDebouncedValue(draft, 600)
  return useQuery({
    queryKey: ['email-preview', id, settled, contactId],
    queryFn: () => ask(id, settled, contactId),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  })
}

type View = 'desktop' | 'phone' | 'text'

export function EmailPreview({
  preview,
  contactId,
  onContact,
}: {
  preview: UseQueryResult<Preview>
  contactId: string | null
  onContact(id: string | null): void
}) {
  const [view, setView] = useState<View>('desktop')
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end">
        <ContactPicker
          label="As seen by"
          placeholder="An invented contact"
          value={contactId}
          onChange={onContact}
          w={280}
        />
        <SegmentedControl
          size="xs"
          aria-label="How it is looked at"
          data={[
            { value: 'desktop', label: 'Desktop' },
            { value: 'phone', label: 'Phone' },
            { value: 'text', label: 'Text' },
          ]}
          value={view}
          onChange={next => setView(next as View)}
        />
      </Group>
      {preview.isError && <ErrorNote error={preview.error} />}
      {preview.isPending && <Waiting lines={8} />}
      {preview.data && (
        <>
          <Findings
            title="To be solved before it can be published"
            color="red"
            items={preview.data.problems}
          />
          <Paper withBorder p="sm">
            <Text size="sm" c="dimmed">
              Subject
            </Text>
            <Text fw={600}>{preview.data.subject ?? '-'}</Text>
          </Paper>
          <Box style={{ opacity: preview.isPlaceholderData ? 0.6 : 1 }}>
            {view === 'text' ? (
              <Code block style={{ whiteSpace: 'pre-wrap' }} mah={560} tabIndex={0}>
                {preview.data.text ?? ''}
              </Code>
            ) : preview.data.previewUrl ? (
              <EmailFrame
                key={preview.data.previewUrl}
                url={preview.data.previewUrl}
                title="Preview of the email"
                width={view === 'phone' ? 375 : '100%'}
              />
            ) : (
              <Text size="sm" c="dimmed">
                There is nothing to show until the problems above are solved.
              </Text>
            )}
          </Box>
          <Findings title="Worth a thought" color="yellow" items={preview.data.warnings} />
        </>
      )}
    </Stack>
  )
}

function Findings({ title, color, items }: { title: string; color: string; items: Preview['problems'] }) {
  if (items.length === 0) return null
  return (
    <Alert color={color} title={title}>
      <Stack gap={4}>
        {items.map(item => (
          <Text size="sm" key={`${item.path}${item.line}${item.message}`}>
            {item.line ? `Line ${item.line}: ` : ''}
            {item.message}
          </Text>
        ))}
      </Stack>
    </Alert>
  )
}
