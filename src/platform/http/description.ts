import { problemCodes } from './problem-codes.ts'

type Json = Record<string, unknown>
const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const statusWords: Record<string, [name: string, words: string]> = {
  400: ['BadRequest', 'The address or the request itself cannot be read'],
  401: ['SignedOut', 'Nobody is signed in, and no key was sent'],
  403: ['Forbidden', 'The role, or the scopes of the key, do not include this'],
  404: ['NotFound', 'There is none of this id, or no more'],
  409: ['Conflict', 'It changed meanwhile, or its state does not allow this'],
  413: ['TooLarge', 'The body is larger than is taken'],
  415: ['WrongType', 'The body is not of the type that is taken here'],
  422: ['Invalid', 'Something in the request is wrong; `fields` says what'],
  429: ['TooMany', 'Slower: `retry-after` says in how many seconds'],
  500: ['Internal', 'A fault of ours; the log has it under `requestId`'],
  503: ['Unavailable', 'A part is away for the moment; `retry-after` says when to try again'],
}

/** What an operation can answer besides what it is for. */
function refusalsOf(method: string, url: string, hasBody: boolean): string[] {
  const isChange = method !== 'get'
  return [
    '400',
    '401',
    '403',
    ...(url.includes('{') ? ['404'] : []),
    ...(isChange ? ['409'] : []),
    ...(hasBody ? ['413', '415'] : []),
    ...(isChange || url.includes('{') ? ['422'] : []),
    '429',
    '500',
    '503',
  ]
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A text of your own, new for every request: the same request again within 24 hours gets the first answer and changes nothing.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

/**
 * Completes the description that was made from the schemas: every operation names all its refusals, as
 * problem+json and by reference, and requests that create something name their header against repetition.
 */
export function finishDescription<T>(given: T): T {
  const document: unknown = given
  if (!isJson(document) || !isJson(document.paths)) return given
  const components = isJson(document.components) ? document.components : {}
  const schemas = isJson(components.schemas) ? components.schemas : {}
  describeCodes(schemas.Problem)
  components.responses = Object.fromEntries(
    Object.entries(statusWords).map(([, [name, description]]) => [
      name,
      {
        description,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
  components.parameters = { IdempotencyKey: idempotencyKey }
  document.components = components
  for (const [url, methods] of Object.entries(document.paths)) {
    if (!isJson(methods)) continue
    for (const [method, operation] of Object.entries(methods))
      if (isJson(operation)) finishOperation(operation, method, url)
  }
  return given
}

function finishOperation(operation: Json, method: string, url: string): void {
  const responses = isJson(operation.responses) ? operation.responses : {}
  delete responses.default
  for (const status of refusalsOf(method, url, 'requestBody' in operation))
    responses[status] = { $ref: `#/components/responses/${statusWords[status]?.[0]}` }
  operation.responses = responses
  operation.operationId = `${method} ${url}`
    .replace('/api/v1/', '')
    .replaceAll(/[{}]/g, '')
    .replaceAll(/[^A-Za-z0-9]+(.)?/g, (_all, letter: string | undefined) => (letter ?? '').toUpperCase())
  if (method === 'post')
    operation.parameters = [
      ...(Array.isArray(operation.parameters) ? operation.parameters : []),
      { $ref: '#/components/parameters/IdempotencyKey' },
    ]
}

/** The list of codes stands in the description, so that the page of the API can show it. */
function describeCodes(problem: unknown): void {
  if (!isJson(problem) || !isJson(problem.properties) || !isJson(problem.properties.code)) return
  problem.description = 'What went wrong (RFC 9457). Programs go by `code`, people by `title`.'
  problem.properties.code.description = 'A word for programs; the list stands in `x-codes`.'
  problem['x-codes'] = Object.entries(problemCodes).map(([code, { status, words }]) => ({
    code,
    status,
    words,
  }))
}
