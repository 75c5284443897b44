import { Anchor, Group, List, Paper, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconBulb } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { countConditions, type Filter } from '@/decisions/filter'
import { type Definition, nodesOf } from './definition'
import { addFirst, nameOf, trigger, useEditor } from './editor-context'
import { labelOf } from './settings-words'
import type { Problem } from './workflow'

/** A schema's own words ("Invalid input: expected string ...") are for programmers: this says what is missing. */
export function problemWords({ path, message }: Problem): string {
  if (path.startsWith('start') || path === 'nodes') return 'Add the first step'
  const isRaw = /^(Invalid|Too small|Too big|Unrecognized)/.test(message)
  if (/(^|\.)(filter|when|goal|where)(\.|$)/.test(path))
    return isRaw
      ? 'A condition is not complete'
      : `A condition is not complete: ${path.split('.').at(-1)} ${message}`
  if (!isRaw) return message
  if (path.startsWith('trigger')) return 'Choose the event that begins it'
  if (path.startsWith('reentry')) return 'Say how often somebody may come in'
  const [, , , setting] = path.split('.')
  return setting ? `“${labelOf(setting)}” is not filled in` : 'The settings are not complete'
}

/** Several mistakes of one place that read alike are said once. */
export function distinct(problems: Problem[]): Problem[] {
  return [...new Map(problems.map(problem => [`${problem.node} ${problemWords(problem)}`, problem])).values()]
}

/** Filters without a condition: they are allowed and match nobody, which is seldom meant. */
function emptyFilters(definition: Definition): { node: string | null; words: string }[] {
  const isEmpty = (filter: unknown) =>
    typeof filter === 'object' && filter !== null && countConditions(filter as Filter) === 0
  const found: { node: string | null; words: string }[] = []
  if (isEmpty(definition.trigger?.filter))
    found.push({ node: null, words: 'its filter has no condition, so nobody comes in' })
  if (isEmpty(definition.exit?.filter))
    found.push({ node: null, words: 'what ends it early has no condition, so nobody leaves by it' })
  if (isEmpty(definition.goal))
    found.push({ node: null, words: 'the goal has no condition, so nobody reaches it' })
  for (const [node, step] of Object.entries(nodesOf(definition))) {
    if (isEmpty(step.settings.filter) || isEmpty(step.settings.when))
      found.push({ node, words: 'it has no condition yet, so nobody matches' })
  }
  return found
}

/** What stands in the way of publishing, each with a way to its place; and what to think about. */
export function Problems({ hints }: { hints: string[] }) {
  const editor = useEditor()
  const problems = distinct(editor.problems)
  const empty = emptyFilters(editor.definition)
  return (
    <>
      {problems.length > 0 && (
        <Note
          icon={<IconAlertTriangle size={18} color="light-dark(#d9480f, #ff922b)" />}
          title={
            problems.length === 1
              ? 'One thing to finish before this can go live'
              : `${problems.length} things to finish before this can go live`
          }
        >
          {problems.map(problem => (
            <List.Item key={problem.path + problem.message}>
              <Jump problem={problem} />: {problemWords(problem)}
            </List.Item>
          ))}
        </Note>
      )}
      {(hints.length > 0 || empty.length > 0) && (
        <Note icon={<IconBulb size={18} />} title="To think about">
          {empty.map(({ node, words }) => (
            <List.Item key={`${node} ${words}`}>
              <Jump problem={{ node, path: 'trigger' }} />: {words}
            </List.Item>
          ))}
          {hints.map(hint => (
            <List.Item key={hint}>{hint}</List.Item>
          ))}
        </Note>
      )}
    </>
  )
}

function Note({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <Paper withBorder px="md" py="sm" role="status">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <span style={{ flex: 'none', paddingTop: 2, lineHeight: 1 }} aria-hidden>
          {icon}
        </span>
        <Stack gap={4}>
          <Text size="sm" fw={600}>
            {title}
          </Text>
          <List size="sm" spacing={2}>
            {children}
          </List>
        </Stack>
      </Group>
    </Paper>
  )
}

/** Leads to the place that a problem is about. */
function Jump({ problem }: { problem: Pick<Problem, 'node' | 'path'> }) {
  const editor = useEditor()
  const isStart = problem.node === null && (problem.path.startsWith('start') || problem.path === 'nodes')
  const go = () =>
    isStart
      ? document.querySelector<HTMLElement>(`[aria-label="${addFirst}"]`)?.focus()
      : editor.select(problem.node ?? trigger, true)
  return (
    <Anchor component="button" type="button" size="sm" ta="left" c="inherit" underline="always" onClick={go}>
      {problem.node ? nameOf(editor, problem.node) : isStart ? 'Steps' : 'How it begins'}
    </Anchor>
  )
}
