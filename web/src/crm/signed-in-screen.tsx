import { Anchor } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { call, client } from '@/api/client'
import { Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'

/** Where the CRM sends somebody back to who has let Tend in. */
export function SignedInScreen() {
  const go = useNavigate()
  const {
    code = '',
    state = '',
    error_description: refused,
  } = useSearch({ strict: false }) as Record<string, string | undefined>
  const finish = useMutation({
    mutationFn: () => call(client.POST('/api/v1/crm/connections/sign-in/finish', { body: { code, state } })),
    onSuccess: ({ connectionId }) =>
      go({ to: `/crm/${connectionId}`, search: { tab: 'settings', try: 'yes' } as never, replace: true }),
  })
  const asked = useRef(false)
  const { mutate } = finish
  useEffect(() => {
    if (asked.current || !code) return
    asked.current = true
    mutate()
  }, [code, mutate])
  const trouble =
    finish.error ?? (code ? null : new Error(refused ?? 'The CRM sent nothing back that lets us in.'))
  return (
    <Page title="Signing in to the CRM">
      {trouble ? <ErrorNote error={trouble} /> : <Waiting lines={3} />}
      <Anchor component={Link} to="/crm" size="sm">
        Back to the connections
      </Anchor>
    </Page>
  )
}
