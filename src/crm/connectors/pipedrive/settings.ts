import { z } from 'zod'

export const pipedriveSettings = z.object({
  url: z
    .url()
    .default('https://api.pipedrive.com')
    .describe('Address of your Pipedrive: https://COMPANY.pipedrive.com'),
  api_token: z
    .string()
    .min(1)
    .max(500)
    .describe('API token of a user who may see and edit everything, from Personal preferences › API'),
  webhook_password: z
    .string()
    .max(500)
    .default('')
    .describe('Password of the webhooks (HTTP Auth password, user “tend”), where Pipedrive calls us'),
})
export type PipedriveSettings = z.infer<typeof pipedriveSettings>
