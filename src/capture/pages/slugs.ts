import { z } from 'zod'

/** First parts of addresses that the street uses itself, or that others look for by custom. */
const reserved = new Set([
  'api',
  'assets',
  'c',
  'confirm',
  'favicon.ico',
  'forms',
  'forms.js',
  'healthz',
  'images',
  'media',
  'metrics',
  'o',
  'p',
  'pages',
  'pages.js',
  'preview',
  'r',
  'robots.txt',
  'sitemap.xml',
  'tend',
  'tend.js',
  'u',
  'v1',
  'well-known',
  'downloads',
  'assets',
  'files',
  'office',
  'admin',
])

/** The path of a page without its first slash: up to three parts of small letters, digits and hyphens. */
export const slugSchema = z
  .string()
  .max(120)
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*){0,2}$/,
    'must be small letters, digits and hyphens, like spring-offer or events/spring',
  )
  .refine(slug => !reserved.has(slug.split('/')[0] ?? ''), 'is used by Tend itself: choose another')

/** A slug made of a name; `page` where nothing of it can stand in an address. */
export function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '')
  return slugSchema.safeParse(plain).success ? plain : `page${plain ? `-${plain}` : ''}`
}
