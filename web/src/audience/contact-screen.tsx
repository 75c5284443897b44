import { Alert, Anchor, Badge, Grid, Group, ScrollArea, Stack, Tabs, Text } from '@mantine/core'
import { IconBan, IconChevronRight } from '@tabler/icons-react'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ContactCrm } from '@/crm/contact-crm'
import { MergeNote } from '@/stewardship/merge-note'
import { personName } from '@/ui/format'
import { Page } from '@/ui/page'
import { LoadedScreen } from '@/ui/states'
import { OwnerName } from '@/ui/steward'
import { type Contact, useContact } from './contact'
import { ContactActions } from './contact-actions'
import { ContactConsent, suppressionOf, useConsents } from './contact-consent'
import { ContactGlance } from './contact-glance'
import { ContactMessages } from './contact-messages'
import { ContactProfile } from './contact-profile'
import { ContactScores } from './contact-scores'
import { ContactSegments } from './contact-segments'
import { ContactTimeline } from './contact-timeline'
import { ContactWorkflows } from './contact-workflows'

/** One person: who it is, what happened, what we concluded and said, and why. */
export function ContactScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const go = useNavigate()
  const contact = useContact(id)
  const foundId = contact.data?.id
  // One that was joined to another is found under its old id; the address becomes that of who it is now.
  useEffect(() => {
    if (foundId && foundId !== id) void go({ to: `/contacts/${foundId}`, replace: true })
  }, [foundId, id, go])
  return (
    <LoadedScreen query={contact} lines={12}>
      {data => <One key={data.id} contact={data} />}
    </LoadedScreen>
  )
}

const tabs = [
  ['timeline', 'Timeline'],
  ['messages', 'Messages'],
  ['consent', 'Consent'],
  ['scores', 'Scores'],
  ['workflows', 'Workflows'],
  ['segments', 'Segments and lists'],
  ['crm', 'CRM'],
] as const

function One({ contact }: { contact: Contact }) {
  const { tab = 'timeline' } = useSearch({ strict: false }) as { tab?: string }
  const go = useNavigate()
  const suppressed = useConsents(contact.id).data?.suppressed
  return (
    <Page
      title={personName(contact)}
      words={<Line contact={contact} />}
      actions={<ContactActions contact={contact} />}
    >
      {suppressed && (
        <Alert color="red" p="xs" icon={<IconBan size={18} />}>
          <Text size="sm">{suppressionOf(suppressed).words}</Text>
        </Alert>
      )}
      <MergeNote id={contact.id} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 4.2, xl: 3.6 }} order={{ base: 2, md: 1 }}>
          <Stack>
            <ContactGlance contact={contact} />
            <ContactProfile contact={contact} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7.8, xl: 8.4 }} order={{ base: 1, md: 2 }}>
          <Tabs
            value={tab}
            onChange={next =>
              void go({ to: '.', search: { tab: next ?? 'timeline' } as never, replace: true })
            }
            keepMounted={false}
          >
            <ScrollArea type="never">
              <Tabs.List style={{ flexWrap: 'nowrap' }}>
                {tabs.map(([value, label]) => (
                  <Tabs.Tab key={value} value={value}>
                    {label}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
            </ScrollArea>
            <Tabs.Panel value="timeline" pt="md">
              <ContactTimeline id={contact.id} />
            </Tabs.Panel>
            <Tabs.Panel value="messages" pt="md">
              <ContactMessages id={contact.id} />
            </Tabs.Panel>
            <Tabs.Panel value="consent" pt="md">
              <ContactConsent contact={contact} />
            </Tabs.Panel>
            <Tabs.Panel value="scores" pt="md">
              <ContactScores id={contact.id} />
            </Tabs.Panel>
            <Tabs.Panel value="workflows" pt="md">
              <ContactWorkflows id={contact.id} />
            </Tabs.Panel>
            <Tabs.Panel value="segments" pt="md">
              <ContactSegments contact={contact} />
            </Tabs.Panel>
            <Tabs.Panel value="crm" pt="md">
              <ContactCrm id={contact.id} />
            </Tabs.Panel>
          </Tabs>
        </Grid.Col>
      </Grid>
    </Page>
  )
}

/** Who it is in one line, with the way back to everybody. */
function Line({ contact }: { contact: Contact }) {
  return (
    <Group gap="xs" component="span">
      <Anchor component={Link} to="/contacts" size="sm" c="inherit">
        Contacts
      </Anchor>
      <IconChevronRight size={14} aria-hidden />
      {contact.jobTitle && <span>{contact.jobTitle}</span>}
      {contact.company && (
        <span>
          {contact.jobTitle ? 'at ' : ''}
          <Anchor component={Link} to={`/companies/${contact.company.id}`} size="sm">
            {contact.company.name}
          </Anchor>
        </span>
      )}
      <Badge component="span" color="gray" c="var(--mantine-color-text)">
        {contact.stage}
      </Badge>
      {contact.ownerId && (
        <span>
          owned by <OwnerName id={contact.ownerId} />
        </span>
      )}
    </Group>
  )
}
