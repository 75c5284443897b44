import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDownload, IconFileExport } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import type { paths } from '@/api/schema'
import { useMe } from '@/shell/me'
import { formatNumber } from './format'
import { ErrorNote } from './states'

export type ExportAsk = NonNullable<
  paths['/api/v1/exports']['post']['requestBody']
>['content']['application/json']['ask']

const readExport = (id: string) => call(client.GET('/api/v1/exports/{id}', { params: { path: { id } } }))

/** Asks for a file of what is on the screen, shows how far it is, and hands it out. `what` as in "Export these contacts". */
export function ExportButton({ ask, what }: { ask: ExportAsk; what: string }) {
  const role = useMe().data?.role
  const [opened, dialog] = useDisclosure(false)
  const [format, setFormat] = useState<'csv' | 'jsonl'>('csv')
  const start = useMutation({
    mutationFn: () => call(client.POST('/api/v1/exports', { body: { format, ask } })),
  })
  const id = start.data?.id
  const file = useQuery({
    queryKey: ['exports', id],
    queryFn: () => readExport(id ?? ''),
    enabled: id !== undefined && opened,
    refetchInterval: query =>
      query.state.data?.finishedAt || query.state.data?.job?.state === 'failed' ? false : 500,
  })
  if (role === 'sales' || role === 'viewer') return null
  const ready = file.data?.finishedAt
  const open = () => {
    start.reset()
    dialog.open()
  }
  return (
    <>
      <Button variant="default" leftSection={<IconFileExport size={16} />} onClick={open}>
        Export
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={`Export ${what}`}>
        <Stack>
          <Radio.Group label="As" value={format} onChange={value => setFormat(value as 'csv')}>
            <Stack gap="xs" mt="xs">
              <Radio value="csv" label="CSV, safe to open in a spreadsheet" disabled={id !== undefined} />
              <Radio value="jsonl" label="JSON, one object per line" disabled={id !== undefined} />
            </Stack>
          </Radio.Group>
          <Text size="sm" c="dimmed" role="status">
            {id === undefined
              ? 'The file is kept for seven days under Exports. That you took it is written into the audit log.'
              : ready
                ? `Ready: ${file.data?.rows === 1 ? '1 row' : `${formatNumber(file.data?.rows ?? 0)} rows`}.`
                : `Being written: ${formatNumber(file.data?.rows ?? 0)} rows so far. You may close this; it goes on.`}
          </Text>
          {(start.isError || file.isError) && <ErrorNote error={start.error ?? file.error} />}
          {file.data?.job?.error && <ErrorNote error={new Error(file.data.job.error)} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.close}>
              Close
            </Button>
            {ready ? (
              <Button
                component="a"
                href={`/api/v1/exports/${id}/file`}
                download
                leftSection={<IconDownload size={16} />}
              >
                Download
              </Button>
            ) : (
              <Button loading={start.isPending || id !== undefined} onClick={() => start.mutate()}>
                Write the file
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
