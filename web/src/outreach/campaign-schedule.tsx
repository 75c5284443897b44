import {
  Group,
  NumberInput,
  Paper,
  Radio,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useBusinessNow } from '@/shell/clock'
import type { StepProps } from './campaign-wizard'

const zones = Intl.supportedValuesOf('timeZone')
const here = Intl.DateTimeFormat().resolvedOptions().timeZone

/** Now, at a time in one zone, or at that time where each recipient lives; and how fast. */
export function CampaignSchedule({ settings, disabled, onChange }: StepProps) {
  const now = useBusinessNow()
  const { schedule, perHour } = settings
  const tomorrow = `${new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10)}T09:00`
  const time = schedule.kind === 'now' ? tomorrow : schedule.time
  const zone = schedule.kind === 'at' ? schedule.zone : here
  const set = (kind: string) =>
    onChange({
      schedule: kind === 'now' ? { kind } : kind === 'at' ? { kind, time, zone } : { kind: 'local', time },
    })
  return (
    <Stack maw={760}>
      <Paper withBorder p="md">
        <Stack>
          <Radio.Group label="When does it leave?" value={schedule.kind} onChange={set}>
            <Stack gap="xs" mt="xs">
              <Radio
                value="now"
                disabled={disabled}
                label="As soon as it is sent"
                description="With a minute in which it can be taken back"
              />
              <Radio value="at" disabled={disabled} label="At a time" description="The same moment for all" />
              <Radio
                value="local"
                disabled={disabled || settings.test !== null}
                label="At the recipient’s local time"
                description={
                  settings.test
                    ? 'Not with a test: its sample needs one moment for all'
                    : 'Each by the clock where he lives; without a known zone, by that of the workspace'
                }
              />
            </Stack>
          </Radio.Group>
          {schedule.kind !== 'now' && (
            <Group align="flex-end">
              <TextInput
                label="Date and time"
                type="datetime-local"
                disabled={disabled}
                value={schedule.time}
                onChange={event => {
                  const next = event.currentTarget.value.slice(0, 16)
                  if (next) onChange({ schedule: { ...schedule, time: next } })
                }}
              />
              {schedule.kind === 'at' && (
                <Select
                  label="In the time zone"
                  data={zones}
                  searchable
                  disabled={disabled}
                  value={schedule.zone}
                  onChange={next => next && onChange({ schedule: { ...schedule, zone: next } })}
                />
              )}
            </Group>
          )}
        </Stack>
      </Paper>
      <Paper withBorder p="md">
        <Stack>
          <Title order={2} size="h4">
            How fast
          </Title>
          <Switch
            label="No more than so many an hour"
            description="Spreads the mails over the hour, for a call centre or a shop that must cope with the answers"
            disabled={disabled}
            checked={perHour !== null}
            onChange={event => onChange({ perHour: event.currentTarget.checked ? 1000 : null })}
          />
          {perHour !== null && (
            <NumberInput
              label="Mails an hour"
              min={1}
              max={1_000_000}
              w={200}
              disabled={disabled}
              value={perHour}
              onChange={next => typeof next === 'number' && next >= 1 && onChange({ perHour: next })}
            />
          )}
          <Text size="sm" c="dimmed">
            Limits per person and quiet hours hold as well: who has had enough this week, or sleeps, gets it
            later or not at all. See Settings, Sending.
          </Text>
        </Stack>
      </Paper>
    </Stack>
  )
}
