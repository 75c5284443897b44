import { Group, Stack, Text, ThemeIcon, UnstyledButton } from '@mantine/core'
import {
  IconAlertTriangle,
  IconBolt,
  IconDoorExit,
  IconFilter,
  IconFlag,
  IconRepeat,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { countConditions, type Filter } from '@/decisions/filter'
import { usePreview } from '@/decisions/segment-preview'
import type { Reentry } from './definition'
import css from './editor.module.css'
import { placeId, trigger, useEditor } from './editor-context'

export function reentryWords(reentry: Reentry | undefined): string {
  if (reentry === 'after_exit') return 'Can come in again after leaving'
  if (typeof reentry === 'object') return `Can come in again ${reentry.afterDays} days after the last time`
  return reentry === 'once' ? 'Comes in once, ever' : 'How often may somebody come in?'
}

/** What begins it, for whom, how often, and what ends it early. */
export function TriggerCard() {
  const { definition, sentences, selected, select, problems } = useEditor()
  const begins = definition.trigger
  const isWrong = problems.some(
    problem => problem.node === null && !problem.path.startsWith('start') && problem.path !== 'nodes',
  )
  return (
    <UnstyledButton
      id={placeId(trigger)}
      className={css.card}
      style={{ width: 340, maxWidth: '100%' }}
      data-selected={selected === trigger || undefined}
      data-problem={isWrong || undefined}
      aria-pressed={selected === trigger}
      onClick={() => select(trigger)}
    >
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <ThemeIcon size={32} radius="md" aria-hidden>
          <IconBolt size={18} />
        </ThemeIcon>
        <Stack gap={4} style={{ flex: 1, minWidth: 0 }}>
          <Text size="sm" fw={600} lh={1.35}>
            {begins?.event ? sentences.trigger : 'What begins it?'}
          </Text>
          {!begins?.event && (
            <Text size="sm" c="dimmed">
              Choose the event that lets somebody in.
            </Text>
          )}
          {begins?.filter && (
            <FilterLine icon={<IconFilter size={14} />} before="Only if" filter={begins.filter} />
          )}
          <Line icon={<IconRepeat size={14} />}>{reentryWords(definition.reentry)}</Line>
          {definition.exit && (
            <FilterLine
              icon={<IconDoorExit size={14} />}
              before="Leaves as soon as"
              filter={definition.exit.filter}
            />
          )}
          {definition.goal && (
            <FilterLine icon={<IconFlag size={14} />} before="Goal:" filter={definition.goal} />
          )}
          {isWrong && (
            <Line icon={<IconAlertTriangle size={14} color="light-dark(#d9480f, #ff922b)" />}>
              Not finished
            </Line>
          )}
        </Stack>
      </Group>
    </UnstyledButton>
  )
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <span style={{ flex: 'none', lineHeight: 1, paddingTop: 3 }} aria-hidden>
        {icon}
      </span>
      <Text size="sm" c="dimmed" lh={1.35} lineClamp={3}>
        {children}
      </Text>
    </Group>
  )
}

/** A filter in the server's words; its sentence comes with the count of who matches. */
function FilterLine({ icon, before, filter }: { icon: ReactNode; before: string; filter: Filter }) {
  const preview = usePreview(filter)
  const n = countConditions(filter)
  // The last answer stays while a new one is asked for: a sentence about another filter would lie.
  const sentence = preview.isPlaceholderData || preview.isError ? undefined : preview.data?.sentence
  return (
    <Line icon={icon}>
      {before}{' '}
      {n === 0 ? '(no condition yet)' : (sentence ?? (n === 1 ? 'one condition' : `${n} conditions`))}
    </Line>
  )
}
