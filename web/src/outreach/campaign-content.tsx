import { Anchor, Group, Paper, Select, Stack, Switch, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEmails } from './campaign'
import { CampaignTest } from './campaign-test'
import { CampaignTestSend } from './campaign-test-send'
import type { StepProps } from './campaign-wizard'

const noVariant = { emailId: null, subject: null, fromName: null, fromAddress: null }

/** The email, the topic it belongs to, and a test of variants. */
export function CampaignContent({
  id,
  settings,
  disabled,
  onChange,
  before,
}: StepProps & { id: string; before(): Promise<unknown> }) {
  const emails = useEmails()
  const topics = useQuery({
    queryKey: ['campaign-topics'],
    staleTime: 60_000,
    queryFn: () => call(client.GET('/api/v1/topics')),
  })
  const options = (emails.data?.items ?? []).map(email => ({ value: email.id, label: email.name }))
  const chosen = emails.data?.items.find(email => email.id === settings.emailId)
  return (
    <Stack maw={960}>
      <Paper withBorder p="md">
        <Stack>
          <Group justify="space-between" align="flex-start">
            <Title order={2} size="h4">
              Email
            </Title>
            <CampaignTestSend id={id} settings={settings} disabled={disabled || !chosen} before={before} />
          </Group>
          <Select
            label="What they get"
            description="Published emails; the version that is live when you send it is what leaves."
            data={options}
            value={settings.emailId}
            onChange={emailId => onChange({ emailId })}
            disabled={disabled}
            searchable
            placeholder="Choose an email"
            nothingFoundMessage="No published email has this name"
          />
          {chosen && (
            <Text size="sm">
              Subject: <b>{chosen.subject}</b>{' '}
              <Anchor component={Link} to={`/emails/${chosen.id}`} size="sm">
                Look at this email
              </Anchor>
            </Text>
          )}
          <Select
            label="Topic"
            description="Whoever left this topic is left out; consent to the topic alone is enough."
            data={(topics.data?.items ?? [])
              .filter(topic => !topic.archived)
              .map(topic => ({ value: topic.id, label: topic.name }))}
            value={settings.topicId}
            onChange={topicId => onChange({ topicId })}
            disabled={disabled}
            clearable
            placeholder="None: marketing in general"
          />
        </Stack>
      </Paper>
      <Paper withBorder p="md">
        <Stack>
          <Switch
            label="Test variants first"
            description="A part of the audience gets two to four variants; the rest gets the one that did best, once."
            disabled={disabled}
            checked={settings.test !== null}
            onChange={event =>
              onChange({
                test: event.currentTarget.checked
                  ? {
                      variants: [noVariant, { ...noVariant, subject: chosen?.subject ?? '' }],
                      share: 20,
                      metric: 'clicks',
                      goal: null,
                      hours: 4,
                      minimum: 200,
                      confidence: 95,
                      pick: 'automatic',
                      otherwise: 'wait',
                    }
                  : null,
                ...(event.currentTarget.checked && settings.schedule.kind === 'local'
                  ? { schedule: { kind: 'now' as const } }
                  : {}),
              })
            }
          />
          {settings.test && (
            <CampaignTest
              test={settings.test}
              emails={options}
              subject={chosen?.subject ?? ''}
              disabled={disabled}
              onChange={test => onChange({ test })}
            />
          )}
        </Stack>
      </Paper>
    </Stack>
  )
}
