import { Anchor, Badge, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import { IconBan, IconCheck, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Contact } from './contact'
import { type Consents, suppressionOf, useConsents } from './contact-consent'
import { formatPoints, useScores } from './contact-scores'
import { useSegments } from './contact-segments'
import { useStays } from './contact-workflows'

/** The four questions that are asked first: may we write, how warm, which segments, what is running. */
export function ContactGlance({ contact }: { contact: Contact }) {
  const consents = useConsents(contact.id)
  const scores = useScores(contact.id)
  const segments = useSegments(contact.id)
  const stays = useStays(contact.id)
  const running = (stays.data?.items ?? []).filter(
    stay => stay.status === 'active' || stay.status === 'parked',
  )
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="glance-title">
      <Title order={2} id="glance-title" mb="sm">
        At a glance
      </Title>
      <Stack gap="md">
        <Part tab="consent" title="May we write?">
          {consents.data && <MayWrite consents={consents.data} hasAddress={contact.email !== null} />}
        </Part>
        <Part tab="scores" title="Scores">
          {(scores.data?.items ?? []).map(score => {
            const top = score.thresholds.at(-1)?.value ?? 100
            const reached = score.thresholds.filter(threshold => threshold.reached).at(-1)
            return (
              <div key={score.modelId}>
                <Group justify="space-between" gap="xs">
                  <Text size="sm">{score.name}</Text>
                  <Text size="sm" fw={600} className="numbers">
                    {formatPoints(score.score)}
                  </Text>
                </Group>
                <Progress
                  size={6}
                  value={Math.max(0, Math.min(100, (100 * score.score) / top))}
                  aria-label={`${score.name}: ${formatPoints(score.score)} of ${formatPoints(top)}`}
                />
                <Text size="xs" c="dimmed">
                  {reached
                    ? `Reached “${reached.name}”`
                    : score.thresholds[0]
                      ? `“${score.thresholds[0].name}” begins at ${formatPoints(score.thresholds[0].value)}`
                      : ''}
                </Text>
              </div>
            )
          })}
          {scores.data?.items.length === 0 && <Quiet>No score yet</Quiet>}
        </Part>
        <Part tab="segments" title="Segments">
          <Group gap={6}>
            {(segments.data?.items ?? []).slice(0, 8).map(segment => (
              <Badge key={segment.id} color="gray" c="var(--mantine-color-text)" maw="100%">
                {segment.name}
              </Badge>
            ))}
            {segments.data?.items.length === 0 && <Quiet>In none</Quiet>}
            {(segments.data?.items.length ?? 0) > 8 && (
              <Quiet>and {(segments.data?.items.length ?? 0) - 8} more</Quiet>
            )}
          </Group>
        </Part>
        <Part tab="workflows" title="Stands in">
          {running.map(stay => (
            <div key={stay.enrolmentId}>
              <Text size="sm">{stay.workflowName}</Text>
              <Text size="xs" c="dimmed">
                at “{stay.place}”{stay.status === 'parked' && ', set aside'}
              </Text>
            </div>
          ))}
          {stays.isSuccess && running.length === 0 && <Quiet>No workflow at the moment</Quiet>}
        </Part>
      </Stack>
    </Paper>
  )
}

function Part({ tab, title, children }: { tab: string; title: string; children: ReactNode }) {
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {title}
        </Text>
        <Anchor
          component={Link}
          to="."
          search={{ tab } as never}
          size="xs"
          aria-label={`More about ${title.toLowerCase()}`}
        >
          More
        </Anchor>
      </Group>
      {children}
    </Stack>
  )
}

const Quiet = ({ children }: { children: ReactNode }) => <Text size="sm">{children}</Text>

function MayWrite({ consents, hasAddress }: { consents: Consents; hasAddress: boolean }) {
  const marketing = consents.current.find(word => word.purpose === 'marketing' && word.topicId === null)
  const topics = consents.current.filter(word => word.topicId !== null && word.state === 'granted').length
  const no = (words: string, icon = <IconX size={12} aria-hidden />, color = 'gray') => ({
    words,
    icon,
    color,
  })
  const answer = consents.suppressed
    ? no(`No: ${suppressionOf(consents.suppressed).short}`, <IconBan size={12} aria-hidden />, 'red')
    : !hasAddress
      ? no('No address')
      : marketing?.state === 'granted'
        ? { words: 'Yes, marketing', icon: <IconCheck size={12} aria-hidden />, color: 'tend' }
        : marketing?.state === 'withdrawn'
          ? no('No: withdrawn', undefined, 'red')
          : topics > 0
            ? {
                words: `Yes, ${topics} ${topics === 1 ? 'topic' : 'topics'}`,
                icon: <IconCheck size={12} aria-hidden />,
                color: 'tend',
              }
            : no(marketing ? 'Not yet: to be confirmed' : 'No: no consent')
  return (
    <Badge size="lg" color={answer.color} c="var(--mantine-color-text)" leftSection={answer.icon}>
      {answer.words}
    </Badge>
  )
}
