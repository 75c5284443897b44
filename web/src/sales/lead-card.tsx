import { Anchor, Badge, Box, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { IconArrowBackUp, IconCheck, IconFlame, IconMail, IconPhone } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { When } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { type Lead, reasonWords, type Whose } from './lead'
import { ReturnDialog } from './return-dialog'

/** One lead: who, why now, what happened last, and the two answers. */
export function LeadCard({ lead, whose }: { lead: Lead; whose: Whose }) {
  return (
    <Paper withBorder p="md" component="article" aria-label={lead.who}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Box style={{ flex: 1, minWidth: 240 }}>
          <Group gap="xs">
            <Anchor component={Link} to={`/contacts/${lead.contactId}`} fw={700}>
              {lead.who}
            </Anchor>
            <ScoreBadge score={lead.score} />
          </Group>
          <Text size="sm">{[lead.jobTitle, lead.company].filter(Boolean).join(', ')}</Text>
          <Reach lead={lead} />
        </Box>
        <Stack gap={2} align="flex-end">
          <When at={lead.hotAt} />
          {whose === 'all' && (
            <Text size="sm" c="dimmed">
              {lead.state === 'open' ? 'waits for' : 'with'} {lead.userName ?? 'nobody'}
            </Text>
          )}
        </Stack>
      </Group>
      <Text mt="sm" fw={500}>
        {lead.words.charAt(0).toUpperCase() + lead.words.slice(1)}
      </Text>
      <Text size="sm" c="dimmed">
        {lead.requestedBy}
      </Text>
      <Actions lead={lead} />
      <Answer lead={lead} />
    </Paper>
  )
}

/** A flame, a number and its change: "Lead score 64, +21 in 7 days". */
function ScoreBadge({ score }: { score: Lead['score'] }) {
  if (!score) return null
  const change = score.gained === 0 ? '' : `, ${score.gained > 0 ? '+' : ''}${score.gained} in 7 days`
  return (
    <Badge
      variant="light"
      color="orange"
      c="var(--mantine-color-text)"
      leftSection={<IconFlame size={12} aria-hidden />}
      style={{ textTransform: 'none' }}
    >
      {score.name} {score.score}
      {change}
    </Badge>
  )
}

function Reach({ lead }: { lead: Lead }) {
  return (
    <Group gap="md" mt={2}>
      {lead.email && (
        <Anchor href={`mailto:${lead.email}`} size="sm">
          <Group gap={4} wrap="nowrap">
            <IconMail size={14} aria-hidden /> {lead.email}
          </Group>
        </Anchor>
      )}
      {lead.phone && (
        <Anchor href={`tel:${lead.phone.replace(/[^\d+]/g, '')}`} size="sm">
          <Group gap={4} wrap="nowrap">
            <IconPhone size={14} aria-hidden /> {lead.phone}
          </Group>
        </Anchor>
      )}
    </Group>
  )
}

function Actions({ lead }: { lead: Lead }) {
  if (lead.actions.length === 0) return null
  return (
    <Stack gap={2} mt="sm" component="ul" style={{ listStyle: 'none', paddingLeft: 0, marginBottom: 0 }}>
      {lead.actions.map(action => (
        <Group key={`${action.at}${action.sentence}`} component="li" gap="sm" wrap="nowrap" align="baseline">
          <Box w={110} style={{ flex: 'none' }}>
            <When at={action.at} />
          </Box>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {action.sentence}
          </Text>
        </Group>
      ))}
    </Stack>
  )
}

function useDecisions(lead: Lead) {
  const queries = useQueryClient()
  const params = { path: { contactId: lead.contactId, id: lead.id } }
  const again = () => queries.invalidateQueries({ queryKey: ['leads'] })
  const reopen = async () => {
    await call(client.POST('/api/v1/leads/{contactId}/{id}/reopen', { params }))
    await again()
  }
  const accept = useMutation({
    mutationFn: () => call(client.POST('/api/v1/leads/{contactId}/{id}/accept', { params })),
    onSuccess: async () => {
      await again()
      showUndo(`${lead.who} is yours.`, reopen)
    },
  })
  return { accept, reopen, again }
}

/** Take it or give it back; what was decided, and taking that back. */
function Answer({ lead }: { lead: Lead }) {
  const role = useMe().data?.role
  const [returning, setReturning] = useState(false)
  const { accept, reopen, again } = useDecisions(lead)
  const disabled = role === undefined || role === 'analyst' || role === 'viewer'
  if (lead.state === 'returned')
    return (
      <Text size="sm" mt="sm">
        {reasonWords(lead.returnReason)}
        {lead.note ? `: “${lead.note}”` : ''}{' '}
        <Text span size="sm" c="dimmed">
          {lead.decidedBy}
        </Text>
      </Text>
    )
  return (
    <Stack gap="xs" mt="md">
      {accept.isError && <ErrorNote error={accept.error} />}
      <Group gap="xs">
        {lead.state === 'open' ? (
          <Button
            size="sm"
            leftSection={<IconCheck size={16} />}
            loading={accept.isPending}
            disabled={disabled}
            onClick={() => accept.mutate()}
          >
            Accept
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            Accepted by {lead.decidedBy}
          </Text>
        )}
        <Button
          size="sm"
          variant="default"
          leftSection={<IconArrowBackUp size={16} />}
          disabled={disabled}
          onClick={() => setReturning(true)}
        >
          Return ...
        </Button>
      </Group>
      <ReturnDialog
        lead={lead}
        opened={returning}
        onClose={() => setReturning(false)}
        onReturned={async () => {
          await again()
          showUndo(`${lead.who} went back to marketing.`, reopen)
        }}
      />
    </Stack>
  )
}
