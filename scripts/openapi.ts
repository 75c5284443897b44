// Writes the description of the API to a file, for the type generator of the screens: no database is needed.
import { writeFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import fastify from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { apiDescription, officeRoutes } from '../src/app.ts'
import { describeRoutes } from '../src/platform/http/server.ts'

const app = fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(() => JSON.stringify)
await app.register(swagger, apiDescription)
describeRoutes(app, officeRoutes())
await app.ready()
writeFileSync(process.argv[2] ?? 'tools/gen/openapi.json', `${JSON.stringify(app.swagger(), null, 1)}\n`)
