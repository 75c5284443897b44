import { Alert, Anchor, Button, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDownload, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEditReason } from '@/shell/me'
import { formatDay, formatNumber } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { Counts } from './import-counts'
import { type Import, useImportDeed } from './import-data'

/** The run and its result: progress, pause, the rows that did not go in, and taking it back. */
export function ImportRun({ found }: { found: Import }) {
  const reason = useEditReason()
  const deed = useImportDeed(found.id)
  const [asking, ask] = useDisclosure(false)
  const { stage, run, undo } = found
  const stands = stage === 'running' && (run?.state === 'stopped' || run?.state === 'failed')
  const mayUndo = (stage === 'done' && found.undoUntil !== null) || stands
  return (
    <Stack gap="lg">
      {(stage === 'running' || stage === 'undoing') && <Running found={found} />}
      <Counts
        items={[
          { label: 'Rows', value: found.rows },
          { label: 'Added', value: found.added },
          { label: 'Updated', value: found.updated },
          { label: 'Unchanged', value: found.unchanged },
          { label: 'Rejected', value: found.rejected },
          ...(found.asked > 0
            ? [
                {
                  label: 'Asked by mail',
                  value: found.asked,
                  words: `until ${formatDay(found.askingUntil ?? '')}`,
                },
              ]
            : []),
        ]}
      />
      {found.undone && stage === 'undone' && <Undone of={found.undone} />}
      {(run?.error || undo?.error) && <ErrorNote error={new Error(undo?.error ?? run?.error ?? '')} />}
      {deed.isError && <ErrorNote error={deed.error} />}
      <Group>
        {found.rejected > 0 && (
          <Button
            component="a"
            href={`/api/v1/imports/${found.id}/errors`}
            download
            variant="default"
            leftSection={<IconDownload size={16} />}
          >
            Rejected rows with their reasons
          </Button>
        )}
        {stage === 'running' && run?.state === 'running' && (
          <Button
            variant="default"
            leftSection={<IconPlayerPause size={16} />}
            disabled={reason !== null}
            loading={deed.isPending}
            onClick={() => deed.mutate('pause')}
          >
            Pause
          </Button>
        )}
        {stands && (
          <Button
            leftSection={<IconPlayerPlay size={16} />}
            disabled={reason !== null}
            loading={deed.isPending}
            onClick={() => deed.mutate('resume')}
          >
            Go on where it stopped
          </Button>
        )}
        {mayUndo && (
          <Button variant="default" disabled={reason !== null} onClick={ask.open}>
            Take it back
          </Button>
        )}
        {stage === 'done' && (
          <Anchor component={Link} to="/contacts" size="sm">
            See the contacts
          </Anchor>
        )}
      </Group>
      {stage === 'done' && found.undoUntil && (
        <Text size="sm" c="dimmed">
          It can be taken back until {formatDay(found.undoUntil)}.
        </Text>
      )}
      <Modal opened={asking} onClose={ask.close} title="Take this import back">
        <Stack>
          <Text size="sm">
            Up to {formatNumber(found.added)} contacts that it added are removed, unless somebody or something
            has touched them since. Up to {formatNumber(found.updated)} get their earlier values back,
            wherever they still hold what the import wrote. Lists and consent that it gave or asked for are
            taken back, and letters that have not left stay here. Opt-outs stay.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={ask.close}>
              Keep it
            </Button>
            <Button
              color="red"
              loading={deed.isPending}
              onClick={() => deed.mutate('undo', { onSettled: ask.close })}
            >
              Take it back
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  )
}

function Running({ found }: { found: Import }) {
  const job = found.stage === 'undoing' ? found.undo : found.run
  const verb = found.stage === 'undoing' ? 'Taking back' : 'Importing'
  const still = job?.state === 'stopped' ? 'Paused' : job?.state === 'queued' ? 'Waiting for a worker' : null
  const total = job?.total ?? null
  return (
    <Stack gap="xs" maw={560} role="status">
      <Text size="sm">
        {still ?? verb}: {formatNumber(job?.done ?? 0)}
        {total ? ` of ${formatNumber(total)}` : ''} rows
      </Text>
      <Progress
        value={total ? (100 * (job?.done ?? 0)) / total : 100}
        animated={job?.state === 'running'}
        aria-label="Progress of the import"
      />
    </Stack>
  )
}

function Undone({ of }: { of: NonNullable<Import['undone']> }) {
  return (
    <Alert variant="light" color="gray" title="This import was taken back">
      {formatNumber(of.removed)} contacts were removed, {formatNumber(of.restored)} got their earlier values
      back.
      {of.kept > 0 &&
        ` ${formatNumber(of.kept)} that it added stay, because something has happened with them since.`}
    </Alert>
  )
}
