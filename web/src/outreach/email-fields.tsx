import {
  Accordion,
  Button,
  Group,
  Menu,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { IconBraces } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useRef } from 'react'
import { call, client } from '@/api/client'
import type { EmailDraft } from './email-screen'

// The editor is most of this screen's weight, and a mail can be looked at without it.
const SourceEditor = lazy(() => import('./source-editor'))

type Props = {
  name: string
  draft: EmailDraft
  disabled: boolean
  onName(name: string): void
  onChange(change: Partial<EmailDraft>): void
}

const known = [
  { label: 'First name', value: '{{ contact.first_name | default: "there" }}' },
  { label: 'Last name', value: '{{ contact.last_name }}' },
  { label: 'Email address', value: '{{ contact.email }}' },
  { label: 'Job title', value: '{{ contact.job_title }}' },
  { label: 'Company', value: '{{ contact.company.name | default: "your company" }}' },
  { label: 'Unsubscribe link', value: '{{ unsubscribe_url }}' },
  { label: 'Link to choose topics and frequency', value: '{{ preferences_url }}' },
  { label: 'Who the reader is, in links to forms', value: 'tend_t={{ visitor_token }}' },
]

/** Everything an author writes. Values of contacts are put in with a fallback, so that nobody is greeted with a gap. */
export function EmailFields({ name, draft, disabled, onName, onChange }: Props) {
  const insertInto = useRef<((text: string) => void) | null>(null)
  const fields = useQuery({
    queryKey: ['fields'],
    queryFn: () => call(client.GET('/api/v1/fields')),
    staleTime: 60_000,
  })
  const insert = (text: string) => insertInto.current?.(text)
  const custom = (fields.data?.items ?? []).filter(field => field.archivedAt === null).slice(0, 40)
  return (
    <Stack gap="sm">
      <TextInput
        label="Name, for us"
        disabled={disabled}
        value={name}
        onChange={event => onName(event.currentTarget.value)}
      />
      <TextInput
        label="Subject"
        description={`${draft.subject.length} characters; phones show about 40`}
        disabled={disabled}
        value={draft.subject}
        onChange={event => onChange({ subject: event.currentTarget.value })}
      />
      <TextInput
        label="Preheader"
        description="What an inbox shows beside the subject"
        disabled={disabled}
        value={draft.preheader}
        onChange={event => onChange({ preheader: event.currentTarget.value })}
      />
      <TopicSelect draft={draft} disabled={disabled} onChange={onChange} />
      <Group justify="space-between" align="flex-end">
        <SegmentedControl
          size="xs"
          disabled={disabled}
          aria-label="How the source is written"
          data={[
            { value: 'mjml', label: 'MJML' },
            { value: 'html', label: 'HTML' },
          ]}
          value={draft.kind}
          onChange={kind => onChange({ kind: kind === 'html' ? 'html' : 'mjml' })}
        />
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconBraces size={14} />}
              disabled={disabled}
            >
              Insert a value
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
            {known.map(value => (
              <Menu.Item key={value.label} onClick={() => insert(value.value)}>
                {value.label}
              </Menu.Item>
            ))}
            {custom.length > 0 && <Menu.Label>Your fields</Menu.Label>}
            {custom.map(field => (
              <Menu.Item
                key={field.key}
                onClick={() => insert(`{{ contact.attrs["${field.key}"] | default: "" }}`)}
              >
                {field.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      <div style={{ border: '1px solid var(--tend-line)', borderRadius: 8, overflow: 'hidden' }}>
        <Suspense fallback={<Skeleton height={460} />}>
          <SourceEditor
            value={draft.source}
            disabled={disabled}
            onChange={source => onChange({ source })}
            insertInto={insertInto}
          />
        </Suspense>
      </div>
      <Accordion variant="contained">
        <Accordion.Item value="more">
          <Accordion.Control>Sender and text part</Accordion.Control>
          <Accordion.Panel>
            <Stack gap="sm">
              <Group grow>
                <TextInput
                  label="From, name"
                  placeholder="as set under Sending"
                  disabled={disabled}
                  value={draft.fromName}
                  onChange={event => onChange({ fromName: event.currentTarget.value })}
                />
                <TextInput
                  label="From, address"
                  placeholder="as set under Sending"
                  disabled={disabled}
                  value={draft.fromAddress}
                  onChange={event => onChange({ fromAddress: event.currentTarget.value })}
                />
              </Group>
              <TextInput
                label="Answers go to"
                placeholder="the sender"
                disabled={disabled}
                value={draft.replyTo}
                onChange={event => onChange({ replyTo: event.currentTarget.value })}
              />
              <Textarea
                label="Text part"
                description="Empty: made from the HTML"
                autosize
                minRows={3}
                maxRows={16}
                disabled={disabled}
                value={draft.text ?? ''}
                onChange={event => onChange({ text: event.currentTarget.value || null })}
              />
              <Text size="xs" c="dimmed">
                Every marketing mail gets a way out at its foot and in its headers; you need not remember it.
              </Text>
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  )
}

/** Who said no to the topic does not get the email, whatever sends it. Nothing to choose where there are no topics. */
function TopicSelect({ draft, disabled, onChange }: Pick<Props, 'draft' | 'disabled' | 'onChange'>) {
  const topics = useQuery({
    queryKey: ['topics'],
    queryFn: () => call(client.GET('/api/v1/topics')),
    staleTime: 60_000,
  })
  const items = (topics.data?.items ?? []).filter(topic => !topic.archived || topic.id === draft.topicId)
  if (items.length === 0) return null
  return (
    <Select
      label="Topic"
      description="Whoever does not want this topic does not get this email"
      placeholder="Marketing as a whole"
      clearable
      disabled={disabled}
      data={items.map(topic => ({ value: topic.id, label: topic.name }))}
      value={draft.topicId}
      onChange={topicId => onChange({ topicId })}
    />
  )
}
