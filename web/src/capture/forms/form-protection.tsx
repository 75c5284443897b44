import { Group, NumberInput, SegmentedControl, Select, Stack, Switch, Text } from '@mantine/core'
import type { EditorProps } from './form-fields'

/** What keeps robots out, without a puzzle for anybody. */
export function FormProtection({ document, set, disabled }: EditorProps) {
  const { abuse } = document
  const change = (next: Partial<typeof abuse>) => set({ ...document, abuse: { ...abuse, ...next } })
  const number = (
    label: string,
    name: 'minSeconds' | 'maxHours' | 'perIpPerHour' | 'perAddressPerHour' | 'perFormPerHour',
    most: number,
  ) => (
    <NumberInput
      label={label}
      min={name === 'minSeconds' ? 0 : 1}
      max={most}
      disabled={disabled}
      value={abuse[name]}
      onChange={n => change({ [name]: Number(n) || (name === 'minSeconds' ? 0 : 1) })}
    />
  )
  return (
    <Stack gap="md" maw={640}>
      <Text size="sm" c="dimmed">
        A hidden trap and a signed time are always on. What looks wrong waits in quarantine, where you release
        or remove it; nobody is refused for having no JavaScript.
      </Text>
      <Group grow>
        {number('Seconds a person needs at least', 'minSeconds', 60)}
        {number('Hours a page may be old', 'maxHours', 168)}
      </Group>
      <Group grow>
        {number('Per address on the internet and hour', 'perIpPerHour', 10_000)}
        {number('Per email address and hour', 'perAddressPerHour', 100)}
        {number('In all per hour', 'perFormPerHour', 1_000_000)}
      </Group>
      <div>
        <Text size="sm" fw={500} mb={4}>
          A sum the browser solves by itself, unseen
        </Text>
        <SegmentedControl
          size="xs"
          aria-label="Proof of work"
          disabled={disabled}
          data={[
            { value: 'off', label: 'Never' },
            { value: 'suspects', label: 'While more comes than usual' },
            { value: 'always', label: 'Always' },
          ]}
          value={abuse.proofOfWork}
          onChange={next => change({ proofOfWork: next as typeof abuse.proofOfWork })}
        />
      </div>
      <Select
        label="Addresses of throw-away domains"
        maw={320}
        disabled={disabled}
        data={[
          { value: 'accept', label: 'are taken' },
          { value: 'quarantine', label: 'wait in quarantine' },
          { value: 'refuse', label: 'are refused' },
        ]}
        value={abuse.disposable}
        onChange={next => next && change({ disposable: next as typeof abuse.disposable })}
      />
      <Switch
        label="Business addresses only (no free mail)"
        disabled={disabled}
        checked={abuse.businessOnly}
        onChange={event => change({ businessOnly: event.currentTarget.checked })}
      />
    </Stack>
  )
}
