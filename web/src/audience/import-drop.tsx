import { Box, Button, FileButton, Progress, Stack, Text } from '@mantine/core'
import { IconFileTypeCsv } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type DragEvent, useState } from 'react'
import { ErrorNote } from '@/ui/states'
import { uploadFile } from './import-data'

/** Where a file is dropped or chosen; it is handed over in pieces, and the next step opens by itself. */
export function ImportDrop({ reason }: { reason: string | null }) {
  const go = useNavigate()
  const [share, setShare] = useState(0)
  const [over, setOver] = useState(false)
  const upload = useMutation({
    mutationFn: (file: File) => uploadFile(file, setShare),
    onMutate: () => setShare(0),
    onSuccess: found => void go({ to: `/imports/${found.id}` }),
  })
  const take = (file: File | null | undefined) => {
    if (file && !reason && !upload.isPending) upload.mutate(file)
  }
  const drag = (event: DragEvent, isOver: boolean) => {
    event.preventDefault()
    setOver(isOver && reason === null)
  }
  return (
    <Stack gap="sm">
      <Box
        onDragOver={event => drag(event, true)}
        onDragLeave={event => drag(event, false)}
        onDrop={event => {
          drag(event, false)
          take(event.dataTransfer.files[0])
        }}
        p="xl"
        bg={over ? 'var(--mantine-primary-color-light)' : undefined}
        style={{
          border: `1px dashed ${over ? 'var(--mantine-primary-color-filled)' : 'var(--tend-line)'}`,
          borderRadius: 8,
        }}
      >
        <Stack align="center" gap="xs">
          <IconFileTypeCsv size={32} stroke={1.4} aria-hidden />
          {upload.isPending ? (
            <>
              <Text size="sm">
                {share < 1 ? `Handing the file over: ${Math.round(share * 100)} %` : 'Looking at the file'}
              </Text>
              <Progress value={share * 100} w={280} aria-label="How much of the file is over" />
            </>
          ) : (
            <>
              <Text size="sm">Drop a CSV file here, with a header row and a column of addresses</Text>
              <FileButton onChange={take} accept=".csv,.tsv,.txt,text/csv" disabled={reason !== null}>
                {props => (
                  <Button {...props} disabled={reason !== null}>
                    Choose a file
                  </Button>
                )}
              </FileButton>
              <Text size="xs" c="dimmed">
                {reason ??
                  'Comma, semicolon or tab; UTF-8, UTF-16 or Windows encoding are recognised. Up to 512 MB.'}
              </Text>
            </>
          )}
        </Stack>
      </Box>
      {upload.isError && <ErrorNote error={upload.error} />}
    </Stack>
  )
}
