import '@mantine/core/styles.css'
import './styles.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from '@/api/client'
import { router } from '@/router'
import { theme } from '@/theme'

const Dialogs = lazy(async () => ({ default: (await import('@/shell/dialogs')).Dialogs }))

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it refuses again; what did not arrive is tried twice more.
      retry: (count, error) =>
        count < 2 &&
        !(error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500),
    },
  },
})

const place = document.getElementById('root')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
          <Suspense fallback={null}>
            <Dialogs />
          </Suspense>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
