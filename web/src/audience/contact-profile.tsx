import {
  ActionIcon,
  Anchor,
  Button,
  CopyButton,
  Group,
  Paper,
  Stack,
  Text,
  Title,
  Tooltip,
} from '@mantine/core'
import { IconCheck, IconCopy, IconPencil } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatExact, When } from '@/ui/format'
import { OwnerName } from '@/ui/steward'
import { type Contact, useContactRights, useFields } from './contact'
import { showValue } from './contact-value'
import { ProfileForm } from './profile-form'

/** Who it is, in our own fields and in the customer's; changed in place, saved when asked to. */
export function ContactProfile({ contact }: { contact: Contact }) {
  const rights = useContactRights()
  const [isEditing, setEditing] = useState(false)
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="profile-title">
      <Group justify="space-between" mb="sm">
        <Title order={2} id="profile-title">
          Profile
        </Title>
        {!isEditing && (
          <Tooltip label={rights.edit} disabled={!rights.edit}>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconPencil size={14} />}
              disabled={rights.edit !== null}
              onClick={() => setEditing(true)}
            >
              Edit
            </Button>
          </Tooltip>
        )}
      </Group>
      {isEditing ? (
        <ProfileForm contact={contact} onDone={() => setEditing(false)} />
      ) : (
        <Facts contact={contact} />
      )}
    </Paper>
  )
}

function Facts({ contact }: { contact: Contact }) {
  const fields = useFields()
  const labels = new Map(fields.data?.items.map(field => [field.key, field.label]))
  const core: [string, ReactNode][] = [
    ['Address', contact.email && <Address email={contact.email} />],
    ['Phone', contact.phone],
    ['Job title', contact.jobTitle],
    [
      'Company',
      contact.company && (
        <Anchor component={Link} to={`/companies/${contact.company.id}`} size="sm">
          {contact.company.name}
        </Anchor>
      ),
    ],
    ['Stage', contact.stage],
    ['Owner', contact.ownerId && <OwnerName id={contact.ownerId} />],
    ['Country', contact.country],
    ['Language', contact.language],
    ['Time zone', contact.timeZone],
  ]
  const own = Object.entries(contact.attrs)
    .map(([key, value]): [string, string] => [labels.get(key) ?? key, showValue(value)])
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => a.localeCompare(b))
  return (
    <Stack gap="md">
      <Rows rows={core.filter(([, value]) => value)} />
      {own.length > 0 && (
        <div>
          <Text size="sm" fw={600} mb={4}>
            Your fields
          </Text>
          <Rows rows={own} />
        </div>
      )}
      <Text size="xs" c="dimmed">
        Created <When at={contact.createdAt} size="xs" />, changed{' '}
        <Tooltip label={formatExact(contact.updatedAt)}>
          <span>
            <When at={contact.updatedAt} size="xs" />
          </span>
        </Tooltip>
      </Text>
    </Stack>
  )
}

function Rows({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl
      style={{ display: 'grid', gridTemplateColumns: 'minmax(88px, auto) 1fr', gap: '6px 16px', margin: 0 }}
    >
      {rows.map(([label, value]) => (
        <div key={label} style={{ display: 'contents' }}>
          <Text component="dt" size="sm" c="dimmed">
            {label}
          </Text>
          <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
            {value}
          </Text>
        </div>
      ))}
    </dl>
  )
}

function Address({ email }: { email: string }) {
  return (
    <Group gap={4} component="span" wrap="nowrap">
      <span>{email}</span>
      <CopyButton value={email}>
        {({ copied, copy }) => (
          <ActionIcon
            size={20}
            variant="subtle"
            color="gray"
            onClick={copy}
            aria-label={copied ? 'Copied' : 'Copy the address'}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  )
}
