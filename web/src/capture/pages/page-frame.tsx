import { Box, Group, SegmentedControl, Stack } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ContactPicker } from '@/ui/contact-picker'
import { ErrorNote, Waiting } from '@/ui/states'
import { Findings } from './findings'
import type { PageDocument, Variant } from './page'

const widths = { desktop: 1200, tablet: 768, phone: 390 }
const tall = 760

/** The draft as the street would show it, in a frame that runs nothing and reaches nothing of ours. */
export function PageFrame({
  id,
  document,
  variant,
}: {
  id: string
  document: PageDocument
  variant: Variant
}) {
  const [width, setWidth] = useState<keyof typeof widths>(window.innerWidth < 700 ? 'phone' : 'desktop')
  const [contactId, setContact] = useState<string | null>(null)
  const [settled] = useDebouncedValue(document, 600)
  const preview = useQuery({
    queryKey: ['page-preview', id, settled, variant, contactId],
    queryFn: () =>
      call(
        client.POST('/api/v1/pages/{id}/preview', {
          params: { path: { id } },
          body: { document: settled as never, variant, contactId },
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  })
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-end">
        <SegmentedControl
          size="xs"
          aria-label="Width of the preview"
          data={[
            { value: 'desktop', label: 'Desktop' },
            { value: 'tablet', label: 'Tablet' },
            { value: 'phone', label: 'Phone' },
          ]}
          value={width}
          onChange={next => setWidth(next as keyof typeof widths)}
        />
        <ContactPicker
          label="As seen by"
          placeholder="A stranger"
          value={contactId}
          onChange={setContact}
          w={200}
        />
      </Group>
      {preview.isError && <ErrorNote error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.isPending && <Waiting lines={8} />}
      {preview.data && (
        <>
          <Frame url={preview.data.previewUrl} width={widths[width]} isOld={preview.isPlaceholderData} />
          <Findings {...preview.data} document={settled} />
        </>
      )}
    </Stack>
  )
}

/** The page at its true width, drawn smaller where there is no room for it. */
function Frame({ url, width, isOld }: { url: string; width: number; isOld: boolean }) {
  const [room, setRoom] = useState(0)
  const measure = (box: HTMLDivElement | null) => {
    if (!box) return
    const watch = new ResizeObserver(() => setRoom(box.clientWidth))
    watch.observe(box)
    return () => watch.disconnect()
  }
  const scale = room > 0 ? Math.min(1, room / width) : 1
  return (
    <Box
      ref={measure}
      h={tall}
      bd="1px solid var(--tend-line)"
      bdrs="md"
      bg="#fff"
      style={{ overflow: 'hidden', opacity: isOld ? 0.6 : 1 }}
    >
      {room > 0 && (
        <iframe
          src={url}
          title="The page as a visitor sees it"
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          style={{
            border: 0,
            display: 'block',
            width,
            height: tall / scale,
            transform: `scale(${scale})`,
            transformOrigin: '0 0',
            marginLeft: Math.max(0, (room - width * scale) / 2),
          }}
        />
      )}
    </Box>
  )
}
