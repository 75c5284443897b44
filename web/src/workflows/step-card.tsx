import { Badge, Group, Text, Tooltip, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconUsers } from '@tabler/icons-react'
import { formatNumber } from '@/ui/format'
import { nodesOf } from './definition'
import css from './editor.module.css'
import { placeId, useEditor } from './editor-context'
import { KindIcon } from './kinds'
import { isSame } from './workflow'

/** One step: what it is called, what it does in a sentence, who stands here, what is wrong with it. */
export function StepCard({ id }: { id: string }) {
  const editor = useEditor()
  const step = nodesOf(editor.definition)[id]
  if (!step) return null
  const kind = editor.kinds.find(each => each.type === step.type)
  const sentence = editor.sentences.steps[id] ?? kind?.words ?? ''
  // A sentence is the server's: between a change and its saving it tells of what was.
  const isOld = !isSame(step.settings, nodesOf(editor.saved)[id]?.settings)
  const problem = editor.problems.find(each => each.node === id)
  const isSelected = editor.selected === id
  const title = step.title || kind?.title || step.type
  const rest =
    !step.title && /^[:\s]/.test(sentence.slice(title.length)) && sentence.startsWith(title)
      ? sentence.slice(title.length).replace(/^[:\s]+/, '')
      : sentence
  return (
    <UnstyledButton
      id={placeId(id)}
      className={css.card}
      data-selected={isSelected || undefined}
      data-problem={problem !== undefined || undefined}
      aria-pressed={isSelected}
      onClick={() => editor.select(id)}
    >
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <KindIcon kind={kind} type={step.type} />
        <div style={{ flex: 1, minWidth: 0 }}>
          <Group gap={6} wrap="nowrap" justify="space-between" align="flex-start">
            <Text size="sm" fw={600} lh={1.35} lineClamp={3}>
              {title}
            </Text>
            <Here id={id} />
          </Group>
          <Text size="sm" c="dimmed" lh={1.35} lineClamp={3} style={{ opacity: isOld ? 0.55 : 1 }}>
            {rest === '' || rest.endsWith('…') ? kind?.words : rest}
          </Text>
          {problem && (
            <Group gap={4} wrap="nowrap" mt={4} align="flex-start">
              <IconAlertTriangle
                size={14}
                style={{ flex: 'none', marginTop: 2 }}
                color="light-dark(#d9480f, #ff922b)"
                aria-hidden
              />
              <Text size="xs">Not finished</Text>
            </Group>
          )}
        </div>
      </Group>
    </UnstyledButton>
  )
}

/** How many stand at this step now. */
function Here({ id }: { id: string }) {
  const here = useEditor().counts?.steps[id]?.here ?? 0
  if (here === 0) return null
  return (
    <Tooltip label={`${formatNumber(here)} ${here === 1 ? 'person stands' : 'people stand'} here now`}>
      <Badge
        variant="light"
        className="numbers"
        leftSection={<IconUsers size={12} aria-hidden />}
        style={{ flex: 'none' }}
        c="var(--mantine-color-text)"
      >
        {formatNumber(here)}
      </Badge>
    </Tooltip>
  )
}
