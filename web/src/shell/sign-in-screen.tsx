import { Center, Paper, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useState } from 'react'
import { CodeForm } from './sign-in-code'
import { InvitationForm, ResetForm } from './sign-in-new'
import { LinkForm, PasswordForm, ReturnForm } from './sign-in-ways'

/**
 * Every way in, and the second step where the session `lacksCode`: whoever shows this page asked already, and asking
 * again from here would set it up anew for ever.
 * Opening the page changes nothing: what a link is for happens when its button is pressed.
 */
export function SignInScreen({ lacksCode = false }: { lacksCode?: boolean }) {
  useDocumentTitle('Sign in · Tend')
  const given = new URLSearchParams(window.location.search)
  const [plain, setPlain] = useState(false)
  const [token, invitation, reset] = ['token', 'invitation', 'reset'].map(name => given.get(name))
  const isReturn = given.has('state') && (given.has('code') || given.has('error'))
  const form = lacksCode ? (
    <CodeForm />
  ) : plain ? (
    <PasswordForm />
  ) : invitation ? (
    <InvitationForm token={invitation} />
  ) : reset ? (
    <ResetForm token={reset} />
  ) : token ? (
    <LinkForm token={token} onOther={() => setPlain(true)} />
  ) : isReturn ? (
    <ReturnForm search={window.location.search} onOther={() => setPlain(true)} />
  ) : (
    <PasswordForm />
  )
  const title = lacksCode
    ? 'One more step'
    : invitation
      ? 'Welcome to Tend'
      : reset
        ? 'A new password'
        : 'Sign in to Tend'
  return (
    <Center mih="100vh" p="md" bg="var(--tend-quiet)">
      <Paper withBorder p="xl" w={400} maw="100%" radius="lg" component="main">
        <Stack>
          <img src="/icon.svg" width={40} height={40} alt="" />
          <Title order={1}>{title}</Title>
          {form}
        </Stack>
      </Paper>
    </Center>
  )
}
