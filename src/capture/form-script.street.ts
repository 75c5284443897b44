import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import type { FastifyInstance } from 'fastify'
import type { Services } from '#platform/services.ts'
import { buildPageScript, type PageScript } from './page-script.build.ts'
import { sendScript } from './page-script.street.ts'

/**
 * The form script as it is served, made once per start: one file of our own parts, the conditions that the server asks
 * as well, and the library's solver. Throws where esbuild's binary is missing (a platform it does not know).
 */
export function buildFormScript(): PageScript {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('../../forms/forms.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    charset: 'ascii',
  })
  const plain = Buffer.from(outputFiles[0]?.contents ?? [])
  return {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    brotli: brotliCompressSync(plain),
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 20)}"`,
  }
}

/** GET /forms.js, and /forms-frame.js for frames. Where the first cannot be made, the hosted page and the frame go on working, and the log says so. */
export async function serveFormScript(app: FastifyInstance, { log }: Services): Promise<void> {
  const frame = buildPageScript('forms/frame.ts')
  app.get('/forms-frame.js', (request, reply) => sendScript(frame, request, reply))
  try {
    const script = buildFormScript()
    app.get('/forms.js', (request, reply) => sendScript(script, request, reply))
  } catch (error) {
    log.error(
      { err: error },
      'the form script could not be made: forms are shown on pages and in frames only',
    )
  }
}
