import { Radio, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { PublishDialog } from '@/ui/steward'
import type { Check, Workflow } from './workflow'

type Inside = 'stay' | 'move' | 'exit'
type Props = {
  workflow: Workflow
  name: string
  check: Check | undefined
  opened: boolean
  onClose(): void
  flush(): Promise<number>
  onPublished(): Promise<unknown>
}

const people = (n: number) => (n === 1 ? 'one person' : `${formatNumber(n)} people`)

/** The moment before it goes live: what follows, and what becomes of those who are inside. */
export function PublishWorkflow({ workflow, name, check, opened, onClose, flush, onPublished }: Props) {
  const [inside, setInside] = useState<Inside>('stay')
  const total = check?.inside.total ?? 0
  const gone = (check?.inside.steps ?? []).filter(step => !step.isKept).reduce((sum, step) => sum + step.n, 0)
  const isFirst = workflow.liveVersion === null
  const deed = isFirst
    ? 'Publish and let people in'
    : inside === 'exit'
      ? `Publish and let ${people(total)} leave`
      : inside === 'move'
        ? `Publish and move ${people(total)}`
        : 'Publish for those who come from now on'
  return (
    <PublishDialog
      opened={opened}
      onClose={onClose}
      title={`Publish “${name}”`}
      deed={total === 0 && !isFirst ? 'Publish the changes' : deed}
      steward={workflow}
      onPublish={async steward => {
        const version = await flush()
        const published = await call(
          client.POST('/api/v1/workflows/{id}/publish', {
            params: { path: { id: workflow.id } },
            body: { version, inside, ...steward },
          }),
        )
        notifications.show({ message: `Version ${published.liveVersion} is live.` })
        await onPublished()
      }}
    >
      <Text size="sm">
        {workflow.sentences.trigger.replace(/^When/, 'From now on, when')}, the contact comes in. Nobody
        enters for what happened earlier.
        {workflow.status === 'paused' && ' It is paused at the moment: publishing lets it go on.'}
      </Text>
      {total > 0 && (
        <Radio.Group
          label={`${people(total).replace(/^o/, 'O')} ${total === 1 ? 'is' : 'are'} inside now. What becomes of them?`}
          value={inside}
          onChange={value => setInside(value as Inside)}
        >
          <Stack gap="sm" mt="xs">
            <Radio
              value="stay"
              label="They stay in the version they came in by"
              description="They finish the way they began."
            />
            <Radio
              value="move"
              label="They move to the same step of the new version"
              description={
                gone === 0
                  ? `Every step that somebody stands at is still there: all ${formatNumber(total)} go on.`
                  : `${formatNumber(total - gone)} go on; ${people(gone)} stand at steps that are gone, and leave.`
              }
            />
            <Radio
              value="exit"
              label="They leave now"
              description={`${people(total).replace(/^o/, 'O')} will get nothing more from this workflow. This cannot be undone.`}
            />
          </Stack>
        </Radio.Group>
      )}
    </PublishDialog>
  )
}
