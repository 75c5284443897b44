import { Anchor, Group, Paper, Progress, SimpleGrid, Text, ThemeIcon, Title } from '@mantine/core'
import { IconCheck, IconCircleDashed } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Overview } from './home-screen'

const steps: Record<Overview['setUp'][number]['key'], { words: string; to: string }> = {
  password: { words: 'Set a password, so that you need no link to come back', to: '/settings/account' },
  sender: { words: 'Say who sends: name and postal address', to: '/settings/sending' },
  source: { words: 'Make a source, so that your website can send events', to: '/settings/sources' },
  events: { words: 'See the first page view or event arrive', to: '/settings/sources' },
  contacts: { words: 'Bring the first contacts in', to: '/contacts' },
  segment: { words: 'Publish a segment', to: '/segments' },
  email: { words: 'Publish an email', to: '/emails' },
  workflow: { words: 'Publish a workflow', to: '/workflows' },
  team: { words: 'Invite your team', to: '/settings/team' },
  backup: { words: 'Make a first backup: tend backup', to: '/system' },
  smtp: { words: 'Connect a mail server and leave the sandbox', to: '/settings/sending' },
}

/** What a new installation still needs; gone when all is done. */
export function SetUp({ steps: given }: { steps: Overview['setUp'] }) {
  const done = given.filter(step => step.done).length
  if (done === given.length) return null
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb={6}>
        <Title order={2}>Set up</Title>
        <Text size="sm" c="dimmed">
          {done} of {given.length} done
        </Text>
      </Group>
      <Progress
        value={(100 * done) / given.length}
        size="sm"
        mb="md"
        aria-label={`${done} of ${given.length} steps done`}
      />
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="xs" verticalSpacing={8}>
        {[...given]
          .sort((a, b) => Number(a.done) - Number(b.done))
          .map(step => (
            <Group key={step.key} gap="sm" wrap="nowrap">
              <ThemeIcon
                size={20}
                radius="xl"
                variant={step.done ? 'filled' : 'light'}
                color={step.done ? 'tend' : 'gray'}
                role="img"
                aria-label={step.done ? 'Done' : 'To do'}
              >
                {step.done ? <IconCheck size={14} /> : <IconCircleDashed size={14} />}
              </ThemeIcon>
              {step.done ? (
                <Text size="sm" c="dimmed" td="line-through">
                  {steps[step.key].words}
                </Text>
              ) : (
                <Anchor component={Link} to={steps[step.key].to} size="sm">
                  {steps[step.key].words}
                </Anchor>
              )}
            </Group>
          ))}
      </SimpleGrid>
    </Paper>
  )
}
