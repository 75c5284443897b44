import { Alert, Anchor, List, Text } from '@mantine/core'
import { IconAlertTriangle, IconBulb } from '@tabler/icons-react'
import { nameOf, trigger, useEditor } from './editor-context'
import { labelOf } from './settings-form'
import type { Problem } from './workflow'

/** A schema's own words ("Invalid input: expected string ...") are for programmers: this says what is missing. */
export function problemWords({ path, message }: Problem): string {
  const isRaw = /^(Invalid|Too small|Too big|Unrecognized)/.test(message)
  if (!isRaw) return message
  if (path.startsWith('trigger.filter') || path.startsWith('exit') || path.startsWith('goal')) return 'A condition is not complete'
  if (path.startsWith('trigger')) return 'Choose the event that begins it'
  if (path.startsWith('reentry')) return 'Say how often somebody may come in'
  if (path.startsWith('start') || path === 'nodes') return 'Add the first step'
  const [, , , setting] = path.split('.')
  return setting ? `“${labelOf(setting)}” is not filled in` : 'The settings are not complete'
}

/** Several mistakes of one place that read alike are said once. */
export function distinct(problems: Problem[]): Problem[] {
  return [...new Map(problems.map(problem => [`${problem.node} ${problemWords(problem)}`, problem])).values()]
}

/** What stands in the way of publishing, each with a way to its place; and what to think about. */
export function Problems({ hints }: { hints: string[] }) {
  const editor = useEditor()
  const problems = distinct(editor.problems)
  if (problems.length === 0 && hints.length === 0) return null
  return (
    <>
      {problems.length > 0 && (
        <Alert color="orange" variant="light" icon={<IconAlertTriangle size={18} />} title={problems.length === 1 ? 'One thing to finish before this can go live' : `${problems.length} things to finish before this can go live`}>
          <List size="sm" spacing={2}>
            {problems.map(problem => (
              <List.Item key={problem.path + problem.message}>
                <Anchor component="button" type="button" size="sm" ta="left" c="inherit" underline="always" onClick={() => editor.select(problem.node ?? trigger, true)}>
                  {problem.node ? nameOf(editor, problem.node) : 'How it begins'}
                </Anchor>
                <Text span size="sm">
                  : {problemWords(problem)}
                </Text>
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {hints.length > 0 && (
        <Alert color="gray" variant="light" icon={<IconBulb size={18} />} title="To think about">
          {hints.map(hint => (
            <Text size="sm" key={hint}>
              {hint}
            </Text>
          ))}
        </Alert>
      )}
    </>
  )
}
