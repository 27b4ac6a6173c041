# The whole program in one image; docker-compose.yml puts two of it behind a proxy. By itself, with the embedded database: make the
# first API key, then serve, because without one the server listens on loopback only, which is the container's own.
#   docker run --rm -v tertulia-data:/data <image> node src/keys.ts create --user me --role admin
#   docker run -e HOST=0.0.0.0 -p 127.0.0.1:3000:3000 -v tertulia-data:/data -v tertulia-workspace:/workspace --stop-timeout 40 <image>
# (Docker's own 10 s would cut off running turns and the close of the database.)
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    DATA_DIR=/data \
    WORKSPACE_DIR=/workspace
WORKDIR /app
# The program belongs to root and runs as "node" (uid 1000): it can write to its two volumes and nowhere else.
RUN mkdir /data /workspace && chown node:node /data /workspace
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY drizzle ./drizzle
COPY templates ./templates
COPY src ./src
USER node
VOLUME ["/data", "/workspace"]
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/health', { signal: AbortSignal.timeout(3000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No init process: the server handles SIGTERM itself and ends the processes that it starts.
CMD ["node", "src/server.ts"]
