import {
  Button,
  FileButton,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core'
import { type Connector, spoken } from './crm'

type Property = {
  type?: string
  description?: string
  enum?: string[]
  default?: unknown
  format?: string
  contentMediaType?: string
  /** Settings on which it depends whether this one says anything. */
  when?: Record<string, string>
}
type Settings = Record<string, unknown>

/** The settings that a connector asks for, from its own description of them. */
export function propertiesOf(
  connector: Connector,
): { name: string; property: Property; required: boolean }[] {
  const schema = connector.settings as { properties?: Record<string, Property>; required?: string[] }
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    property,
    required: required.has(name),
  }))
}

/** Those that say something with these values: another way to sign in needs other settings. */
function shownOf(connector: Connector, settings: Settings) {
  const all = propertiesOf(connector)
  const chosen = (name: string) => settings[name] ?? all.find(each => each.name === name)?.property.default
  return all.filter(({ property }) =>
    Object.entries(property.when ?? {}).every(([name, wanted]) => chosen(name) === wanted),
  )
}

/** Which settings are still missing. `kept`: secrets that are here already may stay empty. */
export function missingIn(connector: Connector, settings: Settings, kept: boolean): string[] {
  return propertiesOf(connector)
    .filter(
      ({ name, required }) => required && !settings[name] && !(kept && connector.secrets.includes(name)),
    )
    .map(({ name }) => name)
}

type Props = {
  connector: Connector
  settings: Settings
  onChange(settings: Settings): void
  disabled?: boolean
  /** Secrets were given before: they are never shown again. */
  kept?: boolean
  /** What the server said, by setting. */
  problems?: { path: string; message: string }[]
}

/** One input per setting, whatever the CRM. */
export function SettingsForm({
  connector,
  settings,
  onChange,
  disabled = false,
  kept = false,
  problems = [],
}: Props) {
  return (
    <Stack gap="sm">
      {shownOf(connector, settings).map(({ name, property, required }) => {
        const isSecret = connector.secrets.includes(name)
        const common = {
          label: spoken(name),
          description: property.description,
          disabled,
          required: required && !(kept && isSecret),
          error: problems.find(each => each.path === `settings.${name}`)?.message,
        }
        const set = (value: unknown) => onChange({ ...settings, [name]: value })
        const value = settings[name] ?? property.default ?? ''
        if (property.enum)
          return (
            <Select
              key={name}
              {...common}
              allowDeselect={false}
              data={property.enum.map(each => ({ value: each, label: spoken(each) }))}
              value={String(value)}
              onChange={set}
            />
          )
        if (property.type === 'boolean')
          return (
            <Switch
              key={name}
              label={common.label}
              description={common.description}
              disabled={disabled}
              checked={value === true}
              onChange={event => set(event.currentTarget.checked)}
            />
          )
        if (property.type === 'integer' || property.type === 'number')
          return (
            <NumberInput key={name} {...common} value={value === '' ? '' : Number(value)} onChange={set} />
          )
        if (isSecret)
          return (
            <PasswordInput
              key={name}
              {...common}
              autoComplete="off"
              placeholder={kept ? 'Stays as it is' : ''}
              value={String(settings[name] ?? '')}
              onChange={event => set(event.currentTarget.value)}
            />
          )
        if (property.contentMediaType === 'application/json')
          return (
            <Textarea
              key={name}
              {...common}
              autosize
              minRows={6}
              maxRows={16}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
              value={String(value)}
              onChange={event => set(event.currentTarget.value)}
              inputContainer={input => (
                <Stack gap={6} align="flex-start">
                  <div style={{ width: '100%' }}>{input}</div>
                  <FileButton
                    accept="application/json,.json"
                    disabled={disabled}
                    onChange={file => void file?.text().then(set)}
                  >
                    {open => (
                      <Button variant="default" size="compact-sm" {...open} disabled={disabled}>
                        Take it from a file
                      </Button>
                    )}
                  </FileButton>
                </Stack>
              )}
            />
          )
        return (
          <TextInput
            key={name}
            {...common}
            placeholder={property.format === 'uri' ? 'https://' : ''}
            value={String(value)}
            onChange={event => set(event.currentTarget.value)}
          />
        )
      })}
    </Stack>
  )
}
