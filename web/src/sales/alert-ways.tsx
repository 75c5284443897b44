import { Checkbox, Group, NumberInput, Paper, Select, Stack, Switch, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import type { Part } from './alert'

/** By mail, Slack and Teams; and when rather not. */
export function AlertWays({ draft, set, disabled }: Part) {
  const { channels, quietHours } = draft
  const change = (next: Partial<typeof channels>) => set({ channels: { ...channels, ...next } })
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>How and when</Title>
        <Checkbox
          label="By email"
          disabled={disabled}
          checked={channels.email}
          onChange={event => change({ email: event.currentTarget.checked })}
        />
        <Checkbox
          label="As a task in the CRM"
          description="For the person who is told, where a connected CRM takes tasks"
          disabled={disabled}
          checked={channels.crmTask}
          onChange={event => change({ crmTask: event.currentTarget.checked })}
        />
        <Address
          label="In Slack, too"
          placeholder="https://hooks.slack.com/services/..."
          description="The address of an incoming webhook; whatever understands Slack’s form does"
          disabled={disabled}
          value={channels.slackUrl}
          onChange={slackUrl => change({ slackUrl })}
        />
        <Address
          label="In Microsoft Teams, too"
          placeholder="https://..."
          description="The address of a workflow “when a webhook request is received”"
          disabled={disabled}
          value={channels.teamsUrl}
          onChange={teamsUrl => change({ teamsUrl })}
        />
        <Group align="flex-end" gap="sm">
          <Select
            label="Mails come"
            w={180}
            allowDeselect={false}
            disabled={disabled}
            data={[
              { value: 'none', label: 'at once' },
              { value: 'hourly', label: 'gathered each hour' },
              { value: 'daily', label: 'gathered each day' },
            ]}
            value={draft.digest}
            onChange={digest => set({ digest: (digest ?? 'none') as typeof draft.digest })}
          />
          {draft.digest === 'daily' && (
            <TextInput
              type="time"
              label="at"
              w={120}
              disabled={disabled}
              value={draft.digestAt}
              onChange={event => event.currentTarget.value && set({ digestAt: event.currentTarget.value })}
            />
          )}
          <NumberInput
            label="Pause per contact (hours)"
            w={220}
            min={0}
            max={8760}
            disabled={disabled}
            value={draft.coolDownHours}
            onChange={hours => set({ coolDownHours: Math.max(0, Number(hours) || 0) })}
          />
        </Group>
        <Switch
          label="Not at night"
          disabled={disabled}
          checked={quietHours !== null}
          onChange={event =>
            set({ quietHours: event.currentTarget.checked ? { from: '19:00', to: '07:30' } : null })
          }
        />
        {quietHours && (
          <Group gap="sm">
            {(['from', 'to'] as const).map(end => (
              <TextInput
                key={end}
                type="time"
                label={end === 'from' ? 'Quiet from' : 'until'}
                w={130}
                disabled={disabled}
                value={quietHours[end]}
                onChange={event => {
                  const { value } = event.currentTarget
                  if (value) set({ quietHours: { ...quietHours, [end]: value } })
                }}
              />
            ))}
          </Group>
        )}
      </Stack>
    </Paper>
  )
}

/** A web address is handed on when it is one: half of it cannot be saved. */
function Address(props: {
  label: string
  placeholder: string
  description: string
  disabled: boolean
  value: string | null
  onChange(value: string | null): void
}) {
  const { value, onChange, ...rest } = props
  const [text, setText] = useState(value ?? '')
  const isAddress = text === '' || (/^https?:\/\/[^/]+/.test(text) && URL.canParse(text))
  return (
    <TextInput
      {...rest}
      value={text}
      error={isAddress ? null : 'This is not a web address yet'}
      onChange={event => {
        const next = event.currentTarget.value.trim()
        setText(next)
        if (next === '') onChange(null)
        else if (/^https?:\/\/[^/]+/.test(next) && URL.canParse(next)) onChange(next)
      }}
    />
  )
}
